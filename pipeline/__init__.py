"""iken (意見): code residents' opinions in Japanese to the items of a municipal plan.

The functions behind the commands, with tables in and tables out::

    from pipeline import load_model, suggest

Names are loaded when first used: `import pipeline` costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline.codebook import Codebook as Codebook
    from pipeline.documents import read_document as read_document
    from pipeline.evaluation import evaluate_model as evaluate_model
    from pipeline.model_writing import save_model as save_model
    from pipeline.models import load_model as load_model
    from pipeline.opinions import ingest_document as ingest_document
    from pipeline.opinions import ingest_table as ingest_table
    from pipeline.settings import TrainingConfig as TrainingConfig
    from pipeline.suggestion import suggest as suggest
    from pipeline.tableio import read_table as read_table
    from pipeline.tableio import write_table as write_table
    from pipeline.training import train as train

_HOME = {
    "Codebook": "codebook",
    "TrainingConfig": "settings",
    "evaluate_model": "evaluation",
    "ingest_document": "opinions",
    "ingest_table": "opinions",
    "load_model": "models",
    "read_document": "documents",
    "read_table": "tableio",
    "save_model": "model_writing",
    "suggest": "suggestion",
    "train": "training",
    "write_table": "tableio",
}
__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'pipeline' has no attribute '{name}'")
    return getattr(importlib.import_module(f"pipeline.{_HOME[name]}"), name)
