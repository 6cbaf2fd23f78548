"""Draw the sample pictures of the documentation and print how long each takes.

    python benchmarks/sample_pictures.py            # writes docs/images/*.png

The opinions are those of data/development (composed, not said by residents), their districts drawn by lot.
"""

from __future__ import annotations

import argparse
import io
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from pipeline import pictures
from pipeline.codebook import Codebook
from pipeline.metrics import gold_matrix
from pipeline.models import load_model
from pipeline.tableio import read_table

ROOT = Path(__file__).resolve().parent.parent
DISTRICTS = ("鎌倉地区", "腰越地区", "深沢地区", "大船地区", "玉縄地区")


def main(folder: Path) -> None:
    """Write all sample pictures to a folder."""
    codebook = Codebook.from_table(read_table(ROOT / "data/codebook/codebook.csv"))
    seed = read_table(ROOT / "data/labels/kamakura_workshop_2025.csv")
    new = read_table(ROOT / "data/development/comments.csv")
    new = new[new["code"] != ""]
    rng = np.random.default_rng(0)
    new = new.assign(地区=rng.choice(DISTRICTS, len(new), p=[0.3, 0.1, 0.2, 0.25, 0.15]))
    model = load_model(ROOT / "models/default")
    rows, gold = gold_matrix(model.opinions, model.classifier.classes_.tolist())
    held_out = model.classifier.held_out_[rows]
    right = gold[np.arange(len(rows)), held_out.argmax(axis=1)]
    texts, codes = new["text"].tolist(), new["code"].tolist()

    def opinion_map() -> pictures.Picture:
        places = pictures.opinion_places(model.features.transform(texts))
        table = pictures.map_table(new["opinion_id"].tolist(), texts, codes, places, codebook)
        return pictures.opinion_map(table, codebook)

    makers: dict[str, Callable[[], pictures.Picture]] = {
        "item_bars": lambda: pictures.item_bars(seed, codebook, level=2),
        "heat_map": lambda: pictures.heat_map(
            pictures.cross_counts(new, codebook, "地区", 2), codebook, threshold=3
        ),
        "word_network": lambda: pictures.word_network(texts, codes, codebook),
        "opinion_map": opinion_map,
        "reliability": lambda: pictures.reliability_plot(held_out.max(axis=1), right),
        "risk_coverage": lambda: pictures.risk_coverage_plot(
            *pictures.risk_coverage(held_out.max(axis=1), right), target=0.8
        ),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in makers.items():
        start = time.perf_counter()
        picture = make()
        seconds = time.perf_counter() - start
        image = Image.open(io.BytesIO(picture.png)).convert("RGB")
        image.thumbnail((900, 1400))
        image.quantize(160, method=Image.Quantize.MAXCOVERAGE).save(folder / f"{name}.png", optimize=True)
        print(f"{name:14} {seconds:5.1f} s  {picture.alt}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, nargs="?", default=ROOT / "docs/images")
    main(parser.parse_args().folder)
