"""`iken suggest`: from a survey file to the same file with suggestions."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.abstention import TARGET_PRECISION
from pipeline.cli.console import Console
from pipeline.cli.environment import find_model
from pipeline.cli.mask import warn_of_other_columns
from pipeline.cli.outputs import check_outputs
from pipeline.cli.source_notes import (
    CutCells,
    read_from,
    say_gaps,
    say_other_columns,
    say_other_sheets,
    say_totals,
)
from pipeline.coding import Coder
from pipeline.comment_column import sheet_with_comments
from pipeline.comments import wide_columns
from pipeline.crew import Crew, processes_for
from pipeline.duplicates import GroupFinder, Groups
from pipeline.errors import InputError, Language, counted, listed
from pipeline.masked_table import SuspectedCells, mask_suggestions
from pipeline.mixing import ENOUGH_OPINIONS
from pipeline.models import Model, load_model
from pipeline.placing import make_folder
from pipeline.suggestion import Tally, check_columns, ids_of, suggest_stream
from pipeline.tableio import RowSource, TableWriter, check_ending, open_rows
from pipeline.tables import SUGGESTIONS
from pipeline.totals import comments_of
from pipeline.vectorcache import VectorCache
from pipeline.workbook import SuggestionWorkbook


@dataclass(frozen=True)
class Request:
    """The options of `iken suggest`."""

    input: Path
    out: Path
    text_column: str | None
    id_column: str | None
    model: Path
    top: int
    long: bool
    sheet: str | None
    target_precision: float = TARGET_PRECISION
    mask: bool = False
    jobs: int | None = None


def run(console: Console, request: Request) -> int:
    """Code a file; return the exit code."""
    check_outputs([("--out", request.out)], [request.input])
    check_ending(request.out)
    file, named = str(request.input), [request.text_column] if request.text_column else []
    source = open_rows(request.input, request.sheet, sheet_with_comments(named, file))
    text_column, id_column = check_columns(
        source.columns, request.text_column, request.id_column, request.top, file, source.sheets
    )
    say_other_sheets(console, source, request.sheet)
    say_gaps(console, source)
    say_other_columns(console, source, [text_column], named=bool(named))
    model = load_model(find_model(request.model))
    gc.freeze()  # what the model holds stays
    groups, total, totals = _find_groups(console, source, text_column, id_column)
    tally = Tally()
    elsewhere, cut = SuspectedCells(), CutCells(request.out)
    with (
        _crew(model, request, groups) as crew,
        console.progress("コードを提案しています", "suggesting codes", total) as advance,
    ):
        frames = suggest_stream(
            model,
            _counted(source, advance),
            text_column=text_column,
            id_column=id_column,
            id_prefix=_id_prefix(source),
            first_row=source.first_row,
            top=request.top,
            groups=groups,
            long=request.long,
            tally=tally,
            crew=crew,
        )
        if request.mask:
            frames = _masked(frames, source, text_column, elsewhere)
        frames = map(cut.look, frames)
        _write(frames, request, source, text_column, id_column, model, tally, console.language)
    _report(console, request, source, text_column, tally)
    say_totals(console, totals)
    cut.say(console)
    _say_if_untried(console, model)
    warn_of_other_columns(console, elsewhere.counts)
    return 0


def _crew(model: Model, request: Request, groups: Groups) -> Crew:
    """Return who codes: as many processes as the texts are worth."""
    texts = int((groups.leader == np.arange(len(groups.leader))).sum())
    processes = processes_for(model, texts, request.jobs)
    return Crew(Coder(model, request.target_precision), processes, VectorCache)


def _masked(
    frames: Iterator[pd.DataFrame], source: RowSource, text_column: str, elsewhere: SuspectedCells
) -> Iterator[pd.DataFrame]:
    """Yield suggestions with masked comments; count in `elsewhere` what other columns seem to hold."""
    for frame in frames:
        others = [c for c in source.columns if c != text_column and c in frame]
        elsewhere.look(frame, others)
        yield mask_suggestions(frame, (text_column, "unit_text"))


def _find_groups(
    console: Console, source: RowSource, text_column: str, id_column: str | None
) -> tuple[Groups, int, list[int]]:
    """First pass: which rows say the same, how many there are, whether ids are unique; and rows of totals."""
    ids: list[np.ndarray[tuple[int], np.dtype[np.int64]]] = []
    totals: list[int] = []
    rows = 0
    with (
        GroupFinder() as finder,
        console.progress("同じ文面を探しています", "looking for repeated texts", None) as advance,
    ):
        for chunk in source.chunks():
            texts, sums = comments_of(chunk, text_column)
            finder.add(texts)
            totals += [source.first_row + rows + i for i in sums]
            if id_column is not None:
                first = source.first_row + rows
                found = ids_of(chunk, texts, id_column, _id_prefix(source), first)
                # A blank behind an id, which nobody sees in Excel, does not make it another one.
                ids.append(_hashes([i.strip() for i in found], source, id_column, first))
            rows += len(chunk)
            advance(len(chunk))
        if ids:
            _check_unique(np.concatenate(ids), source, id_column or "")
        return finder.groups(), rows, totals


def _id_prefix(source: RowSource) -> str:
    return f"{source.path.stem}-R"


def _hashes(
    texts: list[str], source: RowSource, name: str, first_row: int
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return a 64-bit number for each id (memory stays small); an empty id is an error."""
    if "" in texts:
        raise InputError(
            "IDが空です。",
            "the id is empty",
            file=str(source.path),
            row=first_row + texts.index(""),
            column=name,
        )
    return np.asarray(pd.util.hash_array(np.array(texts, dtype=object)).view(np.int64))


def _check_unique(ids: np.ndarray[tuple[int], np.dtype[np.int64]], source: RowSource, name: str) -> None:
    order = np.argsort(ids, kind="stable")
    repeated = np.flatnonzero(ids[order][1:] == ids[order][:-1])
    if len(repeated):
        row = int(order[repeated + 1].min())
        earlier = int(np.flatnonzero(ids == ids[row])[0])
        raise InputError(
            f"IDが{earlier + source.first_row}行目と重複しています。重複のない列を --id-column で指定してください。",
            f"the id repeats that of row {earlier + source.first_row}; name a column of unique ids with --id-column",
            file=str(source.path),
            row=row + source.first_row,
            column=name,
        )


def _counted(source: RowSource, advance: Callable[[int], None]) -> Iterator[pd.DataFrame]:
    """Yield the chunks of a source; the rows of each are counted when the next is asked for."""
    for chunk in source.chunks():
        yield chunk
        advance(len(chunk))


def _write(
    frames: Iterator[pd.DataFrame],
    request: Request,
    source: RowSource,
    text_column: str,
    id_column: str | None,
    model: Model,
    tally: Tally,
    language: Language,
) -> None:
    if request.long:
        columns = list(SUGGESTIONS.columns)
    else:
        columns = [*source.columns, *(c for c in wide_columns(request.top) if c != id_column)]
    make_folder(request.out.parent)
    if request.out.suffix.lower() == ".xlsx" and not request.long:
        with SuggestionWorkbook(
            request.out, columns, model.codebook, top=request.top, text_column=text_column, language=language
        ) as workbook:
            for frame in frames:
                workbook.write(frame)
            workbook.summary(summary_rows(model, tally, request, source, language))
        return
    with TableWriter(request.out, columns) as writer:
        for frame in frames:
            writer.write(frame)


def summary_rows(
    model: Model, tally: Tally, request: Request, source: RowSource, language: Language = "ja"
) -> list[tuple[str, str, str | float | int]]:
    """Return the run's summary: section, label, value."""
    console = Console(language)
    t = console.t
    run, trained = t("実行", "run"), t("モデル", "model")
    rows: list[tuple[str, str, str | float | int]] = [
        (run, t("入力", "input"), request.input.name),
        (run, t("シート", "sheet"), source.sheet)
        if source.sheet is not None
        else (run, t("文字コード", "encoding"), source.encoding or ""),
        (run, t("行数", "rows"), tally.rows),
        (run, t("異なる文面の数", "distinct texts"), tally.texts),
        (trained, "model_id", model.model_id),
        (trained, t("学習した意見", "opinions learned from"), int(model.opinions["opinion_id"].nunique())),
    ]
    accuracy = t("モデルの精度(1件抜き、95%区間)", "accuracy of the model (leave-one-out, 95 % interval)")
    for name, label in (
        ("item@1", t("1位正解率", "right at rank 1")),
        ("item@3", t("3位以内正解率", "right within rank 3")),
        ("level_1", t("第1階層正解率", "right at level 1")),
    ):
        for who, title in (("model", trained), ("baseline", t("比較(TF-IDF+LR)", "baseline (TF-IDF+LR)"))):
            figure = model.metrics.get(who, {}).get(name)
            if figure:
                text = f"{figure['value']:.3f} [{figure['low']:.3f}, {figure['high']:.3f}]"
                rows.append((accuracy, f"{label} {title}", text))
    by_row, by_text = t("行数", "rows"), t("異なる文面", "distinct texts")
    for unit, statuses in ((by_row, tally.status_rows), (by_text, tally.status_texts)):
        section = t(f"状態別({unit})", f"by status ({unit})")
        rows += [(section, console.value(status), n) for status, n in sorted(statuses.items())]
    for unit, codes in ((by_row, tally.code_rows), (by_text, tally.code_texts)):
        section = t(f"提案の項目別、未確認({unit})", f"by suggested code, not yet checked ({unit})")
        # What is suggested for a goal or policy as a whole stands there, and is not counted below it again.
        rows += [(section, f"{n.code} {n.title}", codes[n.code]) for n in model.codebook]
    return rows


def _report(console: Console, request: Request, source: RowSource, text_column: str, tally: Tally) -> None:
    read, name = read_from(console, source), listed([text_column])[0]
    console.say(
        f"{read} の列「{name}」 {tally.rows:,}行(異なる文面 {tally.texts:,})を読みました。",
        f"read {counted(tally.rows, 'row')} ({counted(tally.texts, 'distinct text')}) of column '{name}' in {read}",
    )
    for status, n in sorted(tally.status_rows.items()):
        line = f"  {console.value(status)}: {n:,}"
        console.say(line, line)
    console.say(f"書き出し: {request.out}", f"written: {request.out}")


def _say_if_untried(console: Console, model: Model) -> None:
    """Say that nobody knows yet how right a model is that has learned from few coded opinions or none."""
    if model.item_opinions >= ENOUGH_OPINIONS:
        return
    console.say(
        f"このモデルが学んだ、項目にコードされた意見は{model.item_opinions}件(同じ文面は1件)で、どれだけ当たるかはまだほとんど分かりません。",
        f"This model has learned from {counted(model.item_opinions, 'opinion')} coded to items (copies counted once); how right it is can hardly be told yet.",
    )
    if model.at_their_word:
        console.say(
            f"{ENOUGH_OPINIONS}件になって学習し直すまで、確信度は、別の計画の意見で確かめた見込みです。",
            f"Until it is trained on {ENOUGH_OPINIONS}, confidences are what opinions on another plan lead one to expect.",
        )
