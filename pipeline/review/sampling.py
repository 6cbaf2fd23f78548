"""Random shares that are the same on every machine and in every run: by a hash of the comment's id."""

from __future__ import annotations

from hashlib import blake2b


def share_of(opinion_id: str, label: str) -> float:
    """Return a number from 0 to 1 that depends on id and label alone, evenly spread over ids.

    >>> share_of("R1", "a") == share_of("R1", "a"), 0 <= share_of("R1", "a") < 1
    (True, True)
    """
    digest = blake2b(f"{label}\x1f{opinion_id}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little") / 2**64


def is_hidden(opinion_id: str, share: float, seed: int = 0) -> bool:
    """Tell whether a comment hides its suggestions: the same answer for the same id, share and seed everywhere.

    >>> is_hidden("R1", 0.0), is_hidden("R1", 1.0)
    (False, True)
    """
    return share_of(opinion_id, f"hidden{seed}") < share
