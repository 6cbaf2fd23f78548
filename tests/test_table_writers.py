"""Tables out: what stands in each kind of file, and which types it keeps."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from table_files import rows_of

from pipeline.cells import CUT_MARK
from pipeline.tableio import TableWriter, open_rows, read_table, write_table


@pytest.mark.parametrize(("ending", "mark"), [(".csv", ","), (".tsv", "\t")])
def test_csv_opens_in_excel_in_japan(tmp_path: Path, ending: str, mark: str) -> None:
    path = tmp_path / f"出力 1{ending}"
    write_table(pd.DataFrame({"番号": ["01", ""], "意見": [f'改\n行{mark}"引用"', None]}), path)
    quoted = f'"改\n行{mark}""引用"""'
    expected = f"番号{mark}意見\r\n01{mark}{quoted}\r\n{mark}\r\n"
    assert path.read_bytes() == b"\xef\xbb\xbf" + expected.encode()


def test_excel_output_is_text_where_it_was_text(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    cells = [
        "=1+1",
        "+81",
        "-なし",
        "@市",
        "http://example.jp",
        "01",
        "a\x00\x07b\r\nc",
        "_x0041_",
        "\ud83d",
        "長" * 40_000,
    ]
    when = [
        datetime(2025, 7, 1),
        datetime(2025, 7, 1, 9, 30),
        pd.NaT,
        None,
        3,
        2.5,
        True,
        10**18,
        float("nan"),
        [1],
    ]
    write_table(pd.DataFrame({"t": cells, "v": when}, dtype=object), path)
    sheet = openpyxl.load_workbook(path).active
    assert {sheet.cell(row, 1).data_type for row in range(2, 12)} <= {"s", "inlineStr"}
    assert not any(sheet.cell(row, 1).hyperlink for row in range(2, 12))
    texts = [row[0] for row in rows_of(path)]
    assert texts[:6] == cells[:6]
    assert texts[6:9] == ["ab\nc", "_x0041_", "\ufffd"]
    assert len(texts[9]) == 32_767 and texts[9].endswith("長" + CUT_MARK)
    values = [row[1] for row in rows_of(path)]
    assert values == [when[0], when[1], None, None, 3, 2.5, True, str(10**18), None, "[1]"]


def test_an_excel_table_is_ready_to_be_read_and_filled_in(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    frame = pd.DataFrame({"No": ["1", "2"], "意見": ["坂が急だ" * 30, "坂"], "使う": ["○", ""]})
    with TableWriter(path, list(frame.columns), {"使う": ("○", "×")}) as writer:
        writer.write(frame)
    sheet = openpyxl.load_workbook(path).active
    assert sheet.freeze_panes == "A2" and sheet.auto_filter.ref == "A1:C3"
    widths = [sheet.column_dimensions[c].width for c in "ABC"]
    assert widths[1] > 55 and widths[0] < 10 and widths[2] < 10
    assert sheet["B2"].alignment.wrap_text and not sheet["B3"].alignment.wrap_text
    (rule,) = sheet.data_validations.dataValidation
    assert (rule.type, str(rule.sqref), rule.formula1) == ("list", "C2:C3", '"○,×"')
    # Without rows, and in other forms, the choices do no harm.
    for name in ("b.xlsx", "b.csv"):
        with TableWriter(tmp_path / name, list(frame.columns), {"使う": ("○", "×")}):
            pass
        assert open_rows(tmp_path / name).columns == list(frame.columns)


def test_dates_and_times_stay_such_in_excel(tmp_path: Path) -> None:
    path, out = tmp_path / "a.xlsx", tmp_path / "b.xlsx"
    book = openpyxl.Workbook()
    for cell in ["時", datetime(2025, 7, 1), datetime(2025, 7, 1, 9, 30), time(9, 30), timedelta(hours=26.5)]:
        book.active.append([cell])
    book.save(path)
    with TableWriter(out, ["時"]) as writer:
        for chunk in open_rows(path).chunks():
            writer.write(chunk)
    cells = [c for (c,) in openpyxl.load_workbook(out).active.iter_rows(min_row=2)]
    assert [c.value for c in cells] == [c for (c,) in rows_of(path)]
    assert [c.number_format for c in cells] == ["yyyy/m/d", "yyyy/m/d h:mm", "h:mm", "[h]:mm:ss"]
    # What Excel has no number for is text.
    odd = [date(1899, 1, 1), -timedelta(hours=1), datetime(2025, 7, 1, tzinfo=UTC)]
    write_table(pd.DataFrame({"時": odd}, dtype=object), out)
    assert read_table(out)["時"].tolist() == ["1899-01-01", "-1:00:00", "2025-07-01T00:00:00+00:00"]


def test_jsonl_keeps_types_nesting_and_late_keys(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    records = [{"t": "a", "n": 1}, {"t": None, "n": 1.5, "x": {"k": [1, "二"]}}, {"n": "三十代", "t": True}]
    path.write_text("\n".join(json.dumps(r) for r in records) + "\n\n", encoding="utf-8")
    assert open_rows(path).columns == ["t", "n", "x"]
    assert open_rows(path).first_row == 1
    out = tmp_path / "b.jsonl"
    with TableWriter(out, ["t", "n", "x"]) as writer:
        for chunk in open_rows(path).chunks(2):
            writer.write(chunk)
    back = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert back == [{"t": None, "n": None, "x": None, **r} for r in records]


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".jsonl", ".parquet"])
def test_lone_surrogates_do_not_stop_the_work(tmp_path: Path, ending: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"t": "半分\\ud83dだけ"}\n', encoding="utf-8")
    frame = next(open_rows(path).chunks())
    out = tmp_path / f"b{ending}"
    write_table(frame, out)
    assert read_table(out)["t"].tolist() == ["半分\ufffdだけ"]
    if ending == ".jsonl":
        assert rows_of(out) == [["半分\ud83dだけ"]]


def test_parquet_keeps_types(tmp_path: Path) -> None:
    path, out = tmp_path / "a.parquet", tmp_path / "b.parquet"
    columns = {
        "t": ["a", None, "c"],
        "n": [1, None, 3],
        "f": [0.5, 1.5, None],
        "d": [date(2025, 7, 1), None, date(2025, 7, 2)],
        "w": [datetime(2025, 7, 1, 9), None, None],
        "l": [["x"], [], None],
        "s": [{"k": 1}, None, {"k": 2}],
    }
    table = pa.table(columns)
    pq.write_table(table, path)
    with TableWriter(out, table.column_names) as writer:
        for chunk in open_rows(path).chunks(2):
            writer.write(chunk)
    assert pq.read_table(out).schema == table.schema
    assert pq.read_table(out).to_pydict() == columns
    assert pq.ParquetFile(out).num_row_groups == 2


def test_parquet_columns_that_change_their_type(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    chunks = {
        "empty": [[None, None], [1, 2], [None, 3.5]],
        "mixed": [[1, None], [datetime(2025, 7, 1), 2], ["三", None]],
        "never": [[None, None]] * 3,
        "struct": [[{"a": 1}, None], [{}, None], [{"b": "x"}, None]],
    }
    with TableWriter(path, list(chunks)) as writer:
        for i in range(3):
            writer.write(pd.DataFrame({c: pd.Series(v[i], dtype=object) for c, v in chunks.items()}))
    found = pq.read_table(path).to_pydict()
    assert found["empty"] == [None, None, 1.0, 2.0, None, 3.5]
    assert found["mixed"] == ["1", None, "2025-07-01", "2", "三", None]
    assert found["never"] == [None] * 6
    assert found["struct"] == ['{"a": 1}', None, "{}", None, '{"b": "x"}', None]
    assert [p.name for p in tmp_path.iterdir()] == ["a.parquet"]
