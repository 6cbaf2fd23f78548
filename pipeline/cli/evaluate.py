"""`iken evaluate`: a model measured on a labelled file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.abstention import accuracy_at_tenths
from pipeline.cli.card import trust_pictures
from pipeline.cli.console import Console
from pipeline.cli.environment import find_model
from pipeline.cli.figures import print_metrics, say_decided
from pipeline.cli.inputs import read_labels
from pipeline.cli.outputs import check_outputs
from pipeline.cli.source_notes import say_sheets
from pipeline.errors import counted
from pipeline.evaluation import Evaluation, evaluate_model
from pipeline.labels import unique_ids
from pipeline.metrics import as_json
from pipeline.models import load_model
from pipeline.placing import check_folder, make_folder, whole_file
from pipeline.tableio import read_table
from pipeline.training import content_sha256


def run_evaluate(
    console: Console, labels: Path, folder: Path, json_path: Path | None, pictures: Path | None = None
) -> int:
    """Measure a model on a labelled file; return the exit code."""
    check_outputs([("--json", json_path)], [labels])
    if pictures is not None:
        check_folder(pictures, "--pictures")
    model = load_model(find_model(folder))
    say_sheets(console, labels)
    with console.status("評価中", "evaluating"):
        content, table = read_table(labels), read_labels([labels], model.codebook)
        result = evaluate_model(model, unique_ids(table), file=str(labels))
    figures = {
        "opinions": result.opinions,
        "items": len(model.classifier.classes_),
        "model": as_json(result.model),
        "baseline": as_json(result.baseline),
    }
    curve = accuracy_at_tenths(result.confidence, result.right)
    _print(console, figures, result, curve)
    if pictures is not None:
        _write_pictures(result, pictures)
        console.say(f"図: {pictures}", f"pictures: {pictures}")
    if json_path is not None:
        report = figures | {
            "risk_coverage": [list(point) for point in curve],
            "model_id": model.model_id,
            "labels": {"file": labels.name, "sha256": content_sha256(content)},
            "seen_in_training": result.seen,
            "rows_not_judged": result.skipped,
            "by_item": result.items.to_dict("records"),
        }
        make_folder(json_path.parent, "--json")
        with whole_file(json_path) as temporary:
            temporary.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return 0


def _print(
    console: Console, figures: Mapping[str, Any], result: Evaluation, curve: Sequence[tuple[float, float]]
) -> None:
    """Print figures, items, and the share coded against accuracy (`curve`)."""
    print_metrics(
        console, figures, title=console.t("人が付けたコードで測った精度", "judged by people's codes")
    )
    console.say(
        f"評価した意見 {result.opinions}件(うち学習済み {result.seen}件は1件抜きで評価)、対象外の行 {result.skipped}",
        f"{counted(result.opinions, 'opinion')} judged ({result.seen} known from training: by leave-one-out), "
        f"{counted(result.skipped, 'row')} not judged",
    )
    say_decided(console, result.decided)
    shown = result.items[result.items["n"] > 0]
    header = ["code", "title", "n", "hits", "confused_with", "confused_n"]
    console.table(
        console.t("項目別(最も多い取り違え)", "by item (most frequent confusion)"),
        header,
        shown.values.tolist(),
    )
    console.table(
        console.t(
            "自動で付ける割合と正解率(確信度の高い順)", "share coded against accuracy (most confident first)"
        ),
        [console.t("割合", "coverage"), console.t("正解率", "accuracy")],
        [[f"{share:.0%}", f"{accuracy:.1%}"] for share, accuracy in curve],
    )


def _write_pictures(result: Evaluation, folder: Path) -> None:
    make_folder(folder, "--pictures")
    for name, data in trust_pictures(result.confidence, result.right).items():
        with whole_file(folder / name) as temporary:
            temporary.write_bytes(data)
