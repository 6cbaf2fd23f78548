"""Take the pictures of reports and sheets in docs/guide_report_ja.md and docs/guide_sheet_ja.md, by their commands.

    python benchmarks/report_pictures.py            # writes docs/images/report_*.png and review_sheet_*.png

Needs LibreOffice, Chromium and the type of the files (apt-get install libreoffice-writer libreoffice-calc chromium
fonts-morisawa-bizud-gothic fonts-noto-cjk). The Word report is that of the workshop; the survey of the HTML report is
data/development (composed, not said by residents), its districts drawn by lot; the sheet is of data/sample.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pypdfium2
from PIL import Image, ImageChops
from playwright.sync_api import sync_playwright

from pipeline.tableio import read_table, write_table

ROOT = Path(__file__).resolve().parent.parent
IKEN = [sys.executable, "-W", "ignore", "-c", "from pipeline.cli import main; main()"]
DISTRICTS = ("鎌倉地区", "腰越地区", "深沢地区", "大船地区", "玉縄地区")
# Of goal 3 one district speaks more than another, so that there is something to see.
SHARES = {"G3": (0.15, 0.1, 0.2, 0.2, 0.35), "": (0.35, 0.15, 0.2, 0.2, 0.1)}
# What 佐藤 has filled in when the picture of the sheet is taken.
DECIDED = {
    "E2": "G3-3-2 外出・移動支援",
    "G3": "採用",
    "E4": "G1-2-2 地域サロン、拠点の整備",
    "G4": "変更",
    "H4": "場所の話なので",
    "F5": "G3-2-1 ケアラー支援窓口",
    "G5": "採用",
}
LAST_ROW = 9


def iken(*arguments: object) -> None:
    """Run a command in the folder of the project."""
    subprocess.run([*IKEN, *map(str, arguments)], check=True, cwd=ROOT, stdout=subprocess.DEVNULL)


def program(*names: str) -> str:
    """Return the first of some programs that is there."""
    found = next((p for p in map(shutil.which, names) if p), None)
    if found is None:
        raise SystemExit(f"there is no {names[0]}; see the head of this file")
    return found


def pages(path: Path, scale: float) -> list[tuple[str, Image.Image]]:
    """Return text and picture of each page of an office file, as LibreOffice prints it."""
    command = [
        program("soffice"),
        f"-env:UserInstallation={(path.parent / 'profile').as_uri()}",
        "--headless",
    ]
    command += ["--convert-to", "pdf", "--outdir", str(path.parent), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    with pypdfium2.PdfDocument(path.with_suffix(".pdf")) as document:
        return [
            (page.get_textpage().get_text_range(), page.render(scale=scale).to_pil().convert("RGB"))
            for page in document
        ]


def without_margins(image: Image.Image) -> Image.Image:
    """Cut off what is white around a picture."""
    drawn = ImageChops.difference(image, Image.new("RGB", image.size, "white")).getbbox()
    return image.crop(drawn)


def beside(images: Sequence[Image.Image], gap: int = 8) -> Image.Image:
    """Put pages side by side on grey."""
    width = sum(i.width for i in images) + gap * (len(images) - 1)
    sheet = Image.new("RGB", (width, max(i.height for i in images)), "#888888")
    left = 0
    for image in images:
        sheet.paste(image, (left, 0))
        left += image.width + gap
    return sheet


def save(image: Image.Image, path: Path, width: int) -> None:
    """Save a picture no wider than `width`, with few colours."""
    image.thumbnail((width, 10 * width))
    image.quantize(64, method=Image.Quantize.MEDIANCUT, kmeans=3).save(path, optimize=True)
    print(path.name)


def word_report(place: Path, folder: Path) -> None:
    """The first command of the guide: title and contents, the first chapter, opinions in plan order."""
    report = place / "まとめ.docx"
    labels = ROOT / "data/labels/kamakura_workshop_2025.csv"
    words = ("--title", "意見のまとめ", "--author", "鎌倉市", "--date", "令和7年7月")
    iken("report", labels, "--workshops", ROOT / "data/workshops.csv", *words, "--out", report)
    printed = pages(report, 1.6)
    opinions = next(i for text, i in printed[2:] if "多世代交流の場づくり" in text)
    save(beside([printed[0][1], printed[1][1], opinions]), folder / "report_word.png", 1200)


def html_report(place: Path, folder: Path) -> None:
    """The second: a map with the opinion under the pointer, and the table by district."""
    survey = read_table(ROOT / "data/development/comments.csv")
    rng = np.random.default_rng(0)
    district = [
        rng.choice(DISTRICTS, p=SHARES["G3" if code.startswith("G3") else ""]) for code in survey["code"]
    ]
    write_table(survey[["text"]].set_axis(["自由記述"], axis=1).assign(地区=district), place / "調査.csv")
    iken("suggest", place / "調査.csv", "--out", place / "提案.xlsx")
    iken("report", place / "提案.xlsx", "--by", "地区", "--out", place / "まとめ.html")
    with sync_playwright() as playwright:
        chromium = program("chromium", "chromium-browser")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto((place / "まとめ.html").as_uri())
        drawing = page.locator("figure", has=page.locator(".said"))
        drawing.locator(".p").nth(7).hover()
        drawing.screenshot(path=place / "map.png")
        page.evaluate("scrollTo(0, 0)")
        heading = page.get_by_role("heading", name="属性別の集計")
        table = page.get_by_role("region", name="地区別の意見の数")
        top, below = heading.bounding_box(), table.bounding_box()
        assert top is not None and below is not None
        left, right, bottom = top["x"], top["x"] + top["width"], below["y"] + below["height"]
        page.screenshot(path=place / "page.png", full_page=True)
        browser.close()
    save(Image.open(place / "map.png").convert("RGB"), folder / "report_html.png", 900)
    cross = (
        Image.open(place / "page.png")
        .convert("RGB")
        .crop((int(left), int(top["y"]), int(right), int(bottom)))
    )
    save(cross, folder / "report_cross.png", 900)


def filled_in(path: Path) -> Path:
    """Return a copy of a sheet with the first rows decided, and no more rows than a picture can show.

    The XML itself is changed: openpyxl does not know the extensions by which the bars of confidence are drawn.
    """
    copy = path.with_name("記入.xlsx")
    with zipfile.ZipFile(path) as before, zipfile.ZipFile(copy, "w") as after:
        for name in before.namelist():
            xml = before.read(name).decode("utf-8")
            if name.startswith("xl/worksheets/sheet"):
                xml = re.sub("<headerFooter>.*?</headerFooter>", "", xml)
                xml = re.sub("</f><v>.*?</v>", "</f>", xml)  # LibreOffice believes the results that it finds
            if name == "xl/worksheets/sheet1.xml":
                for cell, value in DECIDED.items():
                    inside = f't="inlineStr"><is><t>{value}</t></is></c>'
                    xml, found = re.subn(f'(<c r="{cell}" s="[0-9]+")/>', rf"\1 {inside}", xml)
                    assert found == 1, cell
                rows = re.compile('<row r="([0-9]+)".*?</row>', re.DOTALL)
                xml = rows.sub(lambda m: m[0] if int(m[1]) <= LAST_ROW else "", xml)
            after.writestr(name, xml)
    return copy


def sheets(place: Path, folder: Path) -> None:
    """The sheet that 佐藤 gets, with some rows filled in, and its page of instructions."""
    iken("suggest", ROOT / "data/sample/survey.csv", "--out", place / "見本.xlsx")
    iken("review", "sheet", place / "見本.xlsx", "--out", place / "確認.xlsx", "--coders", "佐藤,鈴木")
    printed = pages(filled_in(place / "確認_佐藤.xlsx"), 2.2)
    save(without_margins(printed[0][1]), folder / "review_sheet_main.png", 1700)
    guide = next(i for text, i in printed if "担当者の名前" in text)
    save(without_margins(guide), folder / "review_sheet_guide.png", 1000)


def main(folder: Path) -> None:
    """Take all pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        for take in (word_report, html_report, sheets):
            take(Path(name), folder)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, nargs="?", default=ROOT / "docs/images")
    main(parser.parse_args().folder)
