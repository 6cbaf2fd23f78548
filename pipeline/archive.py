"""Archives of trained parts that are the same to the byte for the same parts, in every process and at any hour."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any


def canonical(archive: bytes) -> bytes:
    """Rewrite a skops archive without what differs between runs: memory addresses and times.

    skops names objects by `id()` and files after them; the zip carries the hour. Here both are numbered in
    the order of the schema, with the zip's earliest date and no compression (zlib versions differ).
    """
    with zipfile.ZipFile(io.BytesIO(archive)) as source:
        schema = json.loads(source.read("schema.json"))
        names: dict[str, str] = {}
        _renumber(schema, iter(range(1, 1 << 62)), names)
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as target:
            for old, new in names.items():
                target.writestr(_entry(new), source.read(old))
            target.writestr(_entry("schema.json"), json.dumps(schema, ensure_ascii=False, indent=1))
    return out.getvalue()


def _renumber(node: Any, numbers: Any, names: dict[str, str]) -> None:
    if isinstance(node, dict):
        if "__id__" in node:
            node["__id__"] = next(numbers)
        if isinstance(node.get("file"), str):
            suffix = node["file"].rpartition(".")[2]
            node["file"] = names.setdefault(node["file"], f"{len(names):04d}.{suffix}")
        for value in node.values():
            _renumber(value, numbers, names)
    elif isinstance(node, list):
        for value in node:
            _renumber(value, numbers, names)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    entry.create_system = 3  # the same on Windows
    entry.external_attr = 0o644 << 16
    return entry
