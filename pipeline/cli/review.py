"""The group `iken review`: the ways in which people check suggestions."""

from __future__ import annotations

import typer

from pipeline.cli.console import Console
from pipeline.cli.review_commands import add_pages


def review_group(console: Console) -> typer.Typer:
    """Return the commands below `iken review`."""
    group = typer.Typer(
        no_args_is_help=True,
        rich_markup_mode="markdown",
        help=console.t("提案を人が確かめます。", "Let people check the suggestions."),
    )
    add_pages(group, console)
    return group
