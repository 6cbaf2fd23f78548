"""`make demo`: the whole main job on the real document and a sample survey, into build/demo."""

from __future__ import annotations

import sys
from pathlib import Path

from pipeline.cli import main
from pipeline.cli.arithmetic import fix_arithmetic

SHOWN = 5


def _step(*arguments: str) -> None:
    print(f"\n$ iken {' '.join(arguments)}", flush=True)
    try:
        main(arguments)
    except SystemExit as done:
        if done.code:
            sys.exit(done.code)


def run(out: Path = Path("build/demo")) -> None:
    """Ingest, train and suggest; print the figures, five suggestions and where the Excel file lies."""
    fix_arithmetic()  # before the first step loads numpy: so that the model is, bit for bit, the one in models/
    from pipeline.tableio import read_table

    sheet = out / "提案.xlsx"
    _step(
        *("ingest", "data/raw/kamakura_workshop_2025.md", "--codebook", "data/codebook/codebook.csv"),
        *("--out", str(out)),
    )
    _step(
        "train",
        *("--labels", str(out / "labels/kamakura_workshop_2025.csv")),
        *("--codebook", str(out / "codebook/codebook.csv")),
        *("--bank", "data/codebook/example_utterances.csv"),
        *("--out", str(out / "model")),
    )
    _step("suggest", "data/sample/survey.csv", "--out", str(sheet), "--model", str(out / "model"))
    table = read_table(sheet)
    print(f"\n提案の例({SHOWN}件):")
    for _, row in table[table["code_1"] != ""].head(SHOWN).iterrows():
        print(f"  {row['自由記述']}")
        print(f"    → {row['code_1']} {row['title_1']}(確信度 {float(row['confidence_1']):.2f})")
    print(f"\nExcel: {sheet.resolve()}")


if __name__ == "__main__":
    run()
