"""What the classifier sees: the texts of the codebook and of opinions, as vectors."""

from __future__ import annotations

from pipeline.codebook import Codebook, Node


def node_text(node: Node) -> str:
    """Return what a node of the plan says of itself: title, definition and inclusion notes."""
    return "。".join(t for t in (node.title, node.definition, node.include) if t)


def codebook_texts(codebook: Codebook) -> list[str]:
    """Return `node_text` of every node, in plan order."""
    return [node_text(n) for n in codebook]
