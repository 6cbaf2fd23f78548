"""The commands from decisions back to the model, and their help; see `commands`.

No `from __future__ import annotations` here: help texts depend on the language, so annotations are values.
"""

from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.cli.console import Console
from pipeline.cli.options import DEFAULT_CODEBOOK, DEFAULT_MODEL, codebook_option, model_option, seed_option


def add_deciding(app: typer.Typer, console: Console) -> None:
    """Add `agreement`, `adjudicate`, `audit`, `compare` and `promote`."""
    for add in (_add_agreement, _add_adjudicate, _add_audit, _add_compare, _add_promote):
        add(app, console)


def _decisions(console: Console) -> Any:
    return typer.Argument(metavar="DECISIONS...", help=console.t("判定の表(複数可)", "tables of decisions"))


def _add_agreement(app: typer.Typer, console: Console) -> None:
    t = console.t

    @app.command(
        help=t(
            """担当者どうしの一致度(Krippendorff の α、Cohen の κ、一致率、MASI)を計画の階層ごとに示します。

            例: `iken agreement 判定A.csv 判定B.csv --out 一致度.xlsx`

            提案を隠した判定があれば、モデルも同じものさしで並べます。""",
            """Show how far coders agree (Krippendorff's alpha, Cohen's kappa, percent, MASI) at each level.

            Example: `iken agreement a.csv b.csv --out agreement.xlsx`

            The model is put on the same axis where its suggestion was hidden.""",
        )
    )
    def agreement(
        decisions: Annotated[list[Path], _decisions(console)],
        codebook: Annotated[Path, codebook_option(console)] = DEFAULT_CODEBOOK,
        out: Annotated[
            Path | None,
            typer.Option(
                help=t("一致度、取り違え、食い違いを書く .xlsx", "an .xlsx for figures and comments")
            ),
        ] = None,
        seed: Annotated[int, seed_option(console)] = 0,
    ) -> None:
        from pipeline.cli.decisions import run_agreement

        raise typer.Exit(run_agreement(console, decisions, codebook, out, seed))


def _add_adjudicate(app: typer.Typer, console: Console) -> None:
    t = console.t

    @app.command(
        help=t(
            """判定から、学習に使えるコード付き意見を作ります。全員一致と裁定の結果がラベルになり、残りは未決の表になります。

            例: `iken adjudicate 判定.csv --out data/labels/市民アンケート2026.csv`

            どの判定がどうなったかを、すべて 名前.account.xlsx に書きます。""",
            """Make coded opinions for training from decisions: unanimous or adjudicated; the others stay open.

            Example: `iken adjudicate decisions.csv --out data/labels/survey2026.csv`

            What became of every decision is written to NAME.account.xlsx.""",
        )
    )
    def adjudicate(
        decisions: Annotated[list[Path], _decisions(console)],
        out: Annotated[Path, typer.Option(help=t("書き出すラベルの表", "table of labels to write"))],
        codebook: Annotated[Path, codebook_option(console)] = DEFAULT_CODEBOOK,
        strict: Annotated[
            bool,
            typer.Option("--strict", help=t("未決があれば終了コード1", "exit 1 if something stays open")),
        ] = False,
    ) -> None:
        from pipeline.cli.decisions import run_adjudicate

        raise typer.Exit(run_adjudicate(console, decisions, codebook, out, strict=strict))


def _add_audit(app: typer.Typer, console: Console) -> None:
    t = console.t

    @app.command(
        help=t(
            """見直したほうがよいラベルの一覧: 同じ・ほぼ同じ文面の別のコード、1件抜きで下位になるコード。ラベルは変えません。

            例: `iken audit --out 見直し.xlsx`""",
            """List labels to look at again: one text under several codes, codes far down by leave-one-out.

            Example: `iken audit --out audit.xlsx`""",
        )
    )
    def audit(
        labels: Annotated[
            list[Path] | None,
            typer.Option(
                help=t(
                    "コード付き意見(複数可。省略時はモデルが学習した意見)",
                    "coded opinions (repeatable; default: those the model learned from)",
                )
            ),
        ] = None,
        model: Annotated[Path, model_option(console)] = DEFAULT_MODEL,
        rank: Annotated[
            int,
            typer.Option(
                min=1,
                help=t("付いているコードがこの順位より下なら挙げる", "list codes that rank lower than this"),
            ),
        ] = 10,
        out: Annotated[
            Path | None, typer.Option(help=t("一覧を書くファイル", "file to write the list to"))
        ] = None,
    ) -> None:
        from pipeline.cli.model_compare import run_audit

        raise typer.Exit(run_audit(console, labels, model, rank, out))


def _add_compare(app: typer.Typer, console: Console) -> None:
    t = console.t

    @app.command(
        help=t(
            """2つのモデルを同じ意見で比べます: 項目ごとの差と95%信頼区間、第1候補が変わった意見。

            例: `iken compare models/default models/new`""",
            """Compare two models on the same opinions: differences by item, and what changed.

            Example: `iken compare models/default models/new`""",
        )
    )
    def compare(
        model_a: Annotated[Path, typer.Argument(metavar="MODEL_A", help=t("今のモデル", "present model"))],
        model_b: Annotated[Path, typer.Argument(metavar="MODEL_B", help=t("新しいモデル", "new model"))],
        labels: Annotated[
            Path | None,
            typer.Option(
                help=t(
                    "比べるコード付き意見(省略時は両方が学習した意見を1件抜きで)",
                    "coded opinions (default: those of both models, by leave-one-out)",
                )
            ),
        ] = None,
        out: Annotated[
            Path | None, typer.Option(help=t("結果を書く .xlsx", "an .xlsx for the results"))
        ] = None,
    ) -> None:
        from pipeline.cli.model_compare import run_compare

        raise typer.Exit(run_compare(console, model_a, model_b, labels, out))


def _add_promote(app: typer.Typer, console: Console) -> None:
    t = console.t

    @app.command(
        help=t(
            """モデルを既定(models/default)にします。これまでの既定は models/default-モデルID として残します。

            例: `iken promote models/new`""",
            """Make a model the default (models/default); the former is kept as models/default-MODEL_ID.

            Example: `iken promote models/new`""",
        )
    )
    def promote(
        model: Annotated[
            Path,
            typer.Argument(
                metavar="MODEL", help=t("models/ の中のモデル", "a model in models/, by path or name")
            ),
        ],
    ) -> None:
        from pipeline.cli.model_compare import run_promote

        raise typer.Exit(run_promote(console, model, DEFAULT_MODEL))
