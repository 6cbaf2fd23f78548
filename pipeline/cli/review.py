"""The command group `iken review`; its commands and their help lie in modules of their own."""

from __future__ import annotations

import typer

from pipeline.cli.console import Console
from pipeline.cli.review_commands import add_pages


def add_review(app: typer.Typer, console: Console) -> None:
    """Add the group `review`."""
    review = typer.Typer(
        no_args_is_help=True,
        rich_markup_mode="markdown",
        help=console.t("提案を人が確かめます。", "People check the suggestions."),
    )
    add_pages(review, console)
    app.add_typer(review, name="review")
