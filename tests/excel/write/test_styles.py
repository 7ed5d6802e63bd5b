"""The colours of our workbooks: every text can be read on its fill (WCAG AA, 4.5 to 1)."""

from __future__ import annotations

import io
import re
import zipfile

import pytest
import xlsxwriter

from budgetmodel.excel.template.input_workbook import blank_tables, write_input
from budgetmodel.excel.write import styles
from budgetmodel.report import write_results
from tests.report.samples import solved

AA = 4.5


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it; `colour` is RRGGBB."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (0, 2, 4)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_measured_as_wcag_does():
    assert contrast("000000", "FFFFFF") == pytest.approx(21)
    assert contrast("C00000", "FFFFFF") == pytest.approx(6.5, abs=0.05)  # as the research note measured
    assert contrast("FF0000", "FFFFFF") == pytest.approx(4.0, abs=0.05)


def pairs(content: bytes) -> set[tuple[str, str]]:
    """Text and fill colour of every cell format, and of every conditional one, of a workbook."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        text = archive.read("xl/styles.xml").decode()
    fonts = [_colour(font, "color") for font in re.findall(r"<font>.*?</font>", text.partition("</fonts>")[0])]
    fills = [_colour(fill, "fgColor") for fill in re.findall(r"<fill>.*?</fill>", text.partition("</fills>")[0])]
    cells = re.findall(r'<xf [^>]*fontId="(\d+)" fillId="(\d+)"', text.partition("<cellXfs")[2])
    found = {(fonts[int(font)] or "000000", fills[int(fill)] or "FFFFFF") for font, fill in cells}
    for dxf in re.findall(r"<dxf>.*?</dxf>", text):
        found.add((_colour(dxf, "color") or styles.TEXT[1:], _colour(dxf, "bgColor") or "FFFFFF"))
    return found


def _colour(text: str, tag: str) -> str:
    match = re.search(rf'<{tag} rgb="FF([0-9A-F]{{6}})"', text)
    return match[1] if match else ""


def test_every_text_can_be_read_on_its_fill(tmp_path):
    results, comparison = solved("two")
    files = [
        write_results(results, tmp_path / "results.xlsx", comparison)[0],
        write_input(blank_tables(), tmp_path / "blank.xlsx"),
    ]
    for file in files:
        found = pairs(file.read_bytes())
        assert len(found) >= 5
        poor = {pair: round(contrast(*pair), 1) for pair in found if contrast(*pair) < AA}
        assert not poor


def test_severities_and_verdicts_can_be_read():
    for fill in styles.SEVERITY_FILL.values():
        assert contrast(styles.TEXT[1:], fill[1:]) >= AA
    assert contrast(styles.BAD_TEXT[1:], styles.BAD_FILL[1:]) >= AA
    assert contrast(styles.GOOD_TEXT[1:], "FFFFFF") >= AA


def test_without_fills_no_text_is_white_and_no_cell_has_a_ground():
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    formats = styles.Formats(book, fills=False)
    sheet = book.add_worksheet()
    for row, look in enumerate((formats.header(), formats.total("money"), formats.input("text"), formats.calculated())):
        sheet.write_string(row, 0, "x", look)
    book.close()
    found = pairs(stream.getvalue())
    assert {fill for _, fill in found} == {"FFFFFF"}
    assert "FFFFFF" not in {text for text, _ in found}
