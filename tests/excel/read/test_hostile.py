"""Hostile and broken files: each is refused, or read, in words; never a traceback, never 512 MB, never 5 seconds."""

from __future__ import annotations

import io
import os
import random
import re
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import budgetmodel as bm
from budgetmodel.excel.read import guard, package, surroundings
from tests.support.builder import two_places
from tests.support.confined import (
    MEMORY,
    SECONDS,
    Outcome,
    check_confined,
    mutants,
    parts_of,
    repacked,
    rewritten_as_excel_does,
)

pytestmark = pytest.mark.skipif(os.name != "posix", reason="limits on a child are a matter of POSIX")

MEGABYTE = 1024 * 1024
FUNDING = "xl/worksheets/sheet8.xml"
STRINGS = "xl/sharedStrings.xml"
BOOK = "xl/workbook.xml"
AMOUNT = b'<c r="C5"><v>100</v></c>'
"""Funding!C5 of the good book: £100m in the one year."""

BOMB = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
MARKER = "the-secret-marker"

Make = Callable[[dict[str, bytes]], bytes]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return rewritten_as_excel_does(two_places().save(tmp_path_factory.mktemp("hostile") / "good.xlsx"))


# ---- how files are made -------------------------------------------------------------------------------


def edited(part: str, old: bytes, new: bytes) -> Make:
    """The good book with one piece of a part replaced, where it stands first."""

    def make(parts: dict[str, bytes]) -> bytes:
        assert old in parts[part], part
        return repacked({**parts, part: parts[part].replace(old, new, 1)})

    return make


def rewritten(part: str, change: Callable[[bytes], bytes]) -> Make:
    return lambda parts: repacked({**parts, part: change(parts[part])})


def with_part(name: str, content: bytes) -> Make:
    return lambda parts: repacked({**parts, name: content})


def with_declaration(encoding: str, codec: str, *, extra: str = "") -> Callable[[bytes], bytes]:
    """The part in another encoding, which its declaration names."""

    def change(part: bytes) -> bytes:
        text = re.sub(r"^<\?xml[^>]*\?>", "", part.decode())
        named = f' encoding="{encoding}"' if encoding else ""
        return f'<?xml version="1.0"{named}?>{extra}{text}'.encode(codec)

    return change


def with_entity(part: bytes) -> bytes:
    head, mark, rest = part.partition(b"?>")
    return head + mark + BOMB + rest if mark else BOMB + part


def streamed(name: str, piece: bytes, times: int, start: bytes = b"", end: bytes = b"") -> Make:
    """The good book with a part that is one piece many times over, never held in memory whole."""

    def make(parts: dict[str, bytes]) -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for other, content in parts.items():
                if other != name:
                    archive.writestr(other, content)
            with archive.open(name, "w", force_zip64=True) as stream:
                stream.write(start)
                for _ in range(times):
                    stream.write(piece)
                stream.write(end)
        return buffer.getvalue()

    return make


def patched_directory(offset: int, value: int) -> Make:
    """A field of every entry of the central directory that lies: 20 is the packed size, 24 the true one."""

    def make(parts: dict[str, bytes]) -> bytes:
        content = bytearray(repacked(parts))
        at = content.find(b"PK\x01\x02")
        while at >= 0:
            struct.pack_into("<I", content, at + offset, value)
            at = content.find(b"PK\x01\x02", at + 4)
        return bytes(content)

    return make


def doubled(parts: dict[str, bytes]) -> bytes:
    content = repacked({**parts, "xl/workbook.xmL": parts[BOOK]})
    return content.replace(b"xl/workbook.xmL", b"xl/workbook.xml")


def marked_as_encrypted(parts: dict[str, bytes]) -> bytes:
    content = bytearray(repacked(parts))
    at = content.find(b"PK\x01\x02")
    content[at + 8] |= 1
    return bytes(content)


def packed_with(method: int) -> Make:
    def make(parts: dict[str, bytes]) -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", method) as archive:
            for name, content in parts.items():
                archive.writestr(name, content)
        return buffer.getvalue()

    return make


def zip_of(**files: bytes) -> Make:
    return lambda _: repacked({name.replace("__", "/").replace("_", "."): content for name, content in files.items()})


def raw(content: bytes) -> Make:
    return lambda _: content


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
ENTITY_XML = b'<?xml version="1.0"?>' + BOMB + b"<sst/>"
NOISE = random.Random(1).randbytes(MEGABYTE).hex(" ").replace(" ", ">").encode()  # noqa: S311
"""3 MB that do not pack well and are no tag."""

REFUSED: dict[str, tuple[Make, str, str]] = {
    "empty": (raw(b""), "WRONG_TYPE", "0 bytes"),
    "one byte": (raw(b"P"), "WRONG_TYPE", "text file"),
    "csv": (raw("Place,Amount\nBury,£5\n".encode()), "WRONG_TYPE", "CSV"),
    "web page": (raw(b"<html><table></table></html>"), "WRONG_TYPE", "web page"),
    "pdf": (raw(b"%PDF-1.7"), "WRONG_TYPE", "PDF"),
    "noise": (raw(bytes(range(256))), "WRONG_TYPE", "not an Excel workbook"),
    "xls": (raw(OLE), "WRONG_TYPE", ".xls"),
    "password": (raw(OLE + "EncryptedPackage".encode("utf-16-le")), "PASSWORD", "password"),
    "encrypted part": (marked_as_encrypted, "PASSWORD", "password"),
    "xlsb": (with_part("xl/workbook.bin", b"\x83\x01"), "WRONG_TYPE", ".xlsb"),
    "ods": (zip_of(content_xml=b"<x/>", mimetype=b"application/vnd.oasis"), "WRONG_TYPE", ".ods"),
    "docx": (zip_of(word__document_xml=b"<x/>"), "WRONG_TYPE", "Word"),
    "zip of a workbook": (zip_of(in_xlsx=b"PK"), "WRONG_TYPE", "holds 'in.xlsx'"),
    "zip of a folder": (lambda p: repacked({f"a/{n}": c for n, c in p.items()}), "WRONG_TYPE", "no workbook"),
    "empty zip": (raw(b"PK\x05\x06" + bytes(18)), "WRONG_TYPE", "no workbook"),
    "21 MB": (raw(b"PK" + bytes(21 * MEGABYTE)), "BIG_FILE", "21 MB"),
    "spaces bomb": (streamed(STRINGS, b" " * MEGABYTE, 300, b"<sst><si><t>", b"</t></si></sst>"), "BIG_FILE", "unpack"),
    "cells bomb": (streamed(FUNDING, b'<c r="A1"><v>1</v></c>' * 40_000, 150, b"<x>", b"</x>"), "BIG_FILE", "unpack"),
    "media bomb": (streamed("xl/media/image1.png", bytes(MEGABYTE), 300), "BIG_FILE", "unpack"),
    "true sizes too small": (patched_directory(24, 10), "DAMAGED", "damaged"),
    "true sizes too large": (patched_directory(24, 2**31), "DAMAGED", "another size"),
    "packed sizes too large": (patched_directory(20, 2**31), "DAMAGED", "another size"),
    "two parts of one name": (doubled, "DAMAGED", "one name"),
    "two parts but for case": (with_part("XL/Workbook.xml", b"<x/>"), "DAMAGED", "one name"),
    "2,001 parts": (lambda p: repacked(p | {f"x/{n}": b"" for n in range(2001)}), "DAMAGED", "parts"),
    "path upwards": (with_part("../../etc/passwd", b"x"), "DAMAGED", "leads out"),
    "absolute path": (with_part("/etc/passwd", b"x"), "DAMAGED", "leads out"),
    "backslashes upwards": (with_part("xl\\..\\..\\sheet.xml", b"<x/>"), "DAMAGED", "leads out"),
    "two parts but for strokes": (with_part("xl\\workbook.xml", b"<x/>"), "DAMAGED", "one name"),
    "lzma": (packed_with(zipfile.ZIP_LZMA), "DAMAGED", "packed in a way"),
    "bzip2": (packed_with(zipfile.ZIP_BZIP2), "DAMAGED", "packed in a way"),
    "entities in the texts": (with_part(STRINGS, ENTITY_XML), "DAMAGED", "DTD"),
    "entities in a sheet": (rewritten(FUNDING, with_entity), "DAMAGED", "DTD"),
    "entities in the workbook": (rewritten(BOOK, with_entity), "DAMAGED", "DTD"),
    "entities far down": (with_part("xl/x.xml", b"<x>" + b"y" * (64 * 1024 - 6) + BOMB), "DAMAGED", "DTD"),
    "utf-16": (rewritten(STRINGS, with_declaration("UTF-16", "utf-16")), "DAMAGED", "UTF-8"),
    "utf-16 without mark": (rewritten(STRINGS, with_declaration("UTF-16", "utf-16-le")), "DAMAGED", "UTF-8"),
    "utf-16 big end": (rewritten(FUNDING, with_declaration("", "utf-16-be")), "DAMAGED", "UTF-8"),
    "utf-32": (rewritten(STRINGS, with_declaration("UTF-32", "utf-32")), "DAMAGED", "UTF-8"),
    "utf-7": (rewritten(STRINGS, with_declaration("UTF-7", "utf-7", extra="<!DOCTYPE x []>")), "DAMAGED", "UTF-8"),
    "utf-7 declared": (rewritten(STRINGS, with_declaration("UTF-7", "utf-8")), "DAMAGED", "UTF-8"),
    "latin-1": (rewritten(FUNDING, with_declaration("ISO-8859-1", "latin-1")), "DAMAGED", "UTF-8"),
    "ebcdic": (rewritten(FUNDING, with_declaration("cp037", "cp037")), "DAMAGED", "UTF-8"),
    "utf-8 mark, utf-16 said": (rewritten(STRINGS, with_declaration("UTF-16", "utf-8-sig")), "DAMAGED", "UTF-8"),
    "no list of sheets": (lambda p: repacked({n: c for n, c in p.items() if n != BOOK}), "DAMAGED", "list of sheets"),
    "no sheet": (rewritten(BOOK, lambda p: re.sub(rb"<sheets>.*</sheets>", b"", p)), "DAMAGED", "no sheets"),
    "workbook part broken": (rewritten(BOOK, lambda p: p[:200]), "DAMAGED", "broken"),
    "texts broken": (rewritten(STRINGS, lambda p: p[:-20]), "DAMAGED", "broken"),
    "sheet broken": (rewritten(FUNDING, lambda p: p[: len(p) // 2]), "DAMAGED", "Funding: the sheet is damaged"),
    "sheet lost": (lambda p: repacked({n: c for n, c in p.items() if n != FUNDING}), "DAMAGED", "lacks its cells"),
    "bad reference": (edited(FUNDING, b'r="C5"', b'r="ZZZZZ99999999999"'), "DAMAGED", "ZZZZZ99999999999"),
    "column XFE": (edited(FUNDING, b'r="C5"', b'r="XFE5"'), "DAMAGED", "XFE5"),
    "row 0": (edited(FUNDING, b'<row r="5"', b'<row r="0"'), "DAMAGED", "'0'"),
    "row 1048577": (edited(FUNDING, b'<row r="5"', b'<row r="1048577"'), "DAMAGED", "1048577"),
    "row of words": (edited(FUNDING, b'<row r="5"', b'<row r="five"'), "DAMAGED", "five"),
    "row twice": (rewritten(FUNDING, lambda p: re.sub(rb'(<row r="5".*?</row>)', rb"\1\1", p)), "DAMAGED", "twice"),
    "cell twice": (edited(FUNDING, AMOUNT, AMOUNT * 2), "DAMAGED", "C5 stands twice"),
    "text 99999": (edited(FUNDING, b't="s"><v>', b't="s"><v>99999'), "DAMAGED", "text number"),
    "text -1": (edited(FUNDING, b't="s"><v>', b't="s"><v>-'), "DAMAGED", "text number"),
    "comment of 3 MB": (
        edited(FUNDING, b"<sheetData>", b"<!--" + NOISE + b"--><sheetData>"),
        "DAMAGED",
        "longer than Excel",
    ),
    "attribute of 3 MB": (
        edited(FUNDING, b"<sheetData>", b'<x y="%s"/><sheetData>' % NOISE),
        "DAMAGED",
        "longer than Excel",
    ),
    "two million empty tags": (
        edited(FUNDING, b"<sheetData>", b"".join(b'<z y="%d"/>' % n for n in range(2_000_000)) + b"<sheetData>"),
        *("BIG_FILE", "more than a million"),
    ),
    "200,000 tags deep": (edited(FUNDING, b"<sheetData>", b"<a>" * 200_000 + b"<sheetData>"), "DAMAGED", "broken"),
}


@pytest.fixture(scope="module")
def refusals(good: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Outcome]]:
    """Each file that must be refused, checked in a fork of its own with limits."""
    folder = tmp_path_factory.mktemp("refused")
    parts = parts_of(good)
    paths = {name: folder / f"{number}.xlsx" for number, name in enumerate(REFUSED)}
    for name, (make, _, _) in REFUSED.items():
        paths[name].write_bytes(make(dict(parts)))
    return {name: (paths[name], out) for name, out in zip(paths, check_confined(paths.values()), strict=True)}


def within_limits(outcome: Outcome) -> bool:
    assert not outcome.death, outcome.death
    assert outcome.memory < MEMORY, f"{outcome.memory / MEGABYTE:.0f} MB"
    assert outcome.seconds < SECONDS, f"{outcome.seconds:.1f} s"
    return True


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_sound_workbook_is_refused_in_words(refusals: dict[str, tuple[Path, Outcome]], name: str) -> None:
    _, code, says = REFUSED[name]
    path, outcome = refusals[name]
    assert within_limits(outcome)
    found = [words for severity, _, words in outcome.found(code) if severity == "error"]
    assert found, outcome.issues
    assert any(says in words for words in found), found
    file_as_a_whole = not any(": " in words.split(";")[0] and words.startswith("Funding") for words in found)
    assert not file_as_a_whole or found[0].startswith(path.name)
    assert all("\n" not in words and len(words) < 500 for words in found)


def test_the_command_says_it_and_ends_with_3(refusals: dict[str, tuple[Path, Outcome]]) -> None:
    path, _ = refusals["entities in a sheet"]
    done = subprocess.run(
        [sys.executable, "-m", "budgetmodel", "check", str(path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 3
    assert "DTD" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_a_file_named_by_an_entity_is_never_read(good: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text(MARKER)
    entity = f'<!DOCTYPE x [<!ENTITY e SYSTEM "{secret.as_uri()}">]>'.encode()
    paths = []
    for number, codec in enumerate(("utf-8", "utf-16", "utf-16-le", "utf-7")):
        parts = parts_of(good)
        strings = parts[STRINGS].replace(b"Population", b"&e;").partition(b"?>")[2]
        parts[STRINGS] = (entity + strings).decode().encode(codec)
        paths.append(tmp_path / f"{number}.xlsx")
        paths[-1].write_bytes(repacked(parts))
    for outcome in check_confined(paths):
        assert within_limits(outcome)
        assert "DAMAGED" in outcome.errors
        assert MARKER not in str(outcome.issues)


def test_a_part_that_hides_from_the_guard_is_not_parsed(good: Path, tmp_path: Path) -> None:
    # The guard looks into parts that are XML by name; the texts may be moved into one that is not.
    paths = []
    for number, change in enumerate((with_entity, with_declaration("UTF-16", "utf-16"))):
        parts = parts_of(good)
        parts["xl/strings.bin"] = change(parts.pop(STRINGS))
        links = "xl/_rels/workbook.xml.rels"
        parts[links] = parts[links].replace(b"sharedStrings.xml", b"strings.bin")
        paths.append(tmp_path / f"{number}.xlsx")
        paths[-1].write_bytes(repacked(parts))
    for outcome, says in zip(check_confined(paths), ("DTD", "UTF-8"), strict=True):
        assert within_limits(outcome)
        assert says in outcome.found("DAMAGED")[0][2]


def test_a_lock_file_is_known_by_its_name(tmp_path: Path) -> None:
    for name in ("~$budget.xlsx", ".~lock.budget.xlsx#"):
        path = tmp_path / name
        path.write_bytes(b"\x05Jones" + bytes(150))
        (issue,) = bm.check(path)
        assert (issue.code, issue.severity, issue.cell) == ("WRONG_TYPE", "error", name)
        assert "'budget.xlsx'" in issue.found
        assert "'budget.xlsx'" in issue.fix


def test_what_is_no_file_is_file_trouble(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.xlsx")
    for path in (tmp_path, tmp_path / "pipe.xlsx", tmp_path / "none.xlsx", tmp_path / "a\0b.xlsx", "/dev/zero"):
        with pytest.raises(bm.FileTrouble):
            bm.check(path)


def test_a_workbook_cut_anywhere_is_refused(good: Path, tmp_path: Path) -> None:
    content = good.read_bytes()
    paths = []
    for size in range(512, len(content), 512):
        paths.append(tmp_path / f"{size}.xlsx")
        paths[-1].write_bytes(content[:size])
    assert len(paths) > 20
    for path, outcome in zip(paths, check_confined(paths), strict=True):
        assert within_limits(outcome)
        assert outcome.errors == ["DAMAGED"], path
        assert f"{path.stat().st_size:,} bytes" in outcome.issues[0][3]


# ---- what is odd but may be read -----------------------------------------------------------------------


def funding(*cells: bytes) -> Make:
    """The good book with more rows or cells at the end of the Funding sheet."""
    return edited(FUNDING, b"</sheetData>", b"".join(cells) + b"</sheetData>")


BLANK_ROWS = b"".join(b'<row r="%d" s="1" customFormat="1"/>' % row for row in range(7, 1_048_577))
STYLED = b"".join(
    b'<row r="%d" spans="1:4"><c r="A%d" s="1"/><c r="B%d" s="1"/><c r="C%d" s="1"/></row>' % (row, row, row, row)
    for row in range(7, 300_007)
)
UTF16_ITEM = '<?xml version="1.0" encoding="utf-16"?><DataMashup/>'.encode("utf-16")

READ: dict[str, tuple[Make, str, str, str]] = {
    "huge dimension": (
        rewritten(FUNDING, lambda p: re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1:XFD1048576"', p)),
        *("", "", ""),
    ),
    "one value in XFD1048576": (
        funding(b'<row r="1048576"><c r="XFD1048576"><v>7</v></c></row>'),
        *("BIG_FILE", "Funding!XFD1048576", "content far outside the table was ignored: Funding!XFD1048576"),
    ),
    "a million formatted blank rows": (
        funding(BLANK_ROWS),
        *("BIG_FILE", "Funding", "reports 1,048,576 rows, but its data ends at row 5"),
    ),
    "300,000 rows of formatted blank cells": (
        funding(STYLED),
        *("BIG_FILE", "Funding", "reports 300,006 rows, but its data ends at row 5"),
    ),
    "Power Query's part in UTF-16": (with_part("customXml/item1.xml", UTF16_ITEM), "", "", ""),
    "byte order mark": (rewritten(FUNDING, with_declaration("UTF-8", "utf-8-sig")), "", "", ""),
    "control character as Excel writes it": (
        edited(STRINGS, b"Population", b"Popu_x0007_lation"),
        *("CONTROL_CHARACTER", "Needs!A5", "read as 'Population'"),
    ),
    "control character raw": (
        edited(STRINGS, b"Population", b"Popu\x07lation"),
        *("CONTROL_CHARACTER", "Needs!A5", "read as 'Population'"),
    ),
    "lone surrogate": (
        edited(STRINGS, b"Population", b"Popu&#xD800;lation"),
        *("CONTROL_CHARACTER", "Needs!A5", "read as 'Population'"),
    ),
    "lone surrogate as bytes": (
        edited(STRINGS, b"Population", b"Popu\xed\xa0\x80lation"),
        *("CONTROL_CHARACTER", "Needs!A5", "read as 'Population'"),
    ),
    "zero width space": (
        edited(STRINGS, b"Population", "Popu\u200blation".encode()),
        *("CONTROL_CHARACTER", "Needs!A5", "read as 'Population'"),
    ),
    "line break as Excel writes it": (edited(STRINGS, b"test figures", b"test_x000D_\nfigures"), "", "", ""),
    "text of 40,000 characters": (
        edited(STRINGS, b"test figures", b"x" * 40_000),
        *("CONTROL_CHARACTER", "Needs!F5", "longer than Excel's 32,767"),
    ),
    "xlsm": (
        lambda p: repacked(
            {
                **p,
                "xl/_rels/workbook.xml.rels": p["xl/_rels/workbook.xml.rels"].replace(
                    b"</Relationships>",
                    b'<Relationship Id="rIdM" Target="vbaProject.bin" '
                    b'Type="http://schemas.microsoft.com/office/2006/relationships/vbaProject"/></Relationships>',
                ),
                "xl/vbaProject.bin": b"\xd0\xcf\x11\xe0",
            }
        ),
        *("MACROS", "", "they were not run"),
    ),
}


@pytest.fixture(scope="module")
def readings(good: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    folder = tmp_path_factory.mktemp("read")
    parts = parts_of(good)
    paths = {name: folder / f"{number}.xlsm" for number, name in enumerate(READ)}
    for name, (make, *_) in READ.items():
        paths[name].write_bytes(make(dict(parts)))
    return dict(zip(paths, check_confined(paths.values()), strict=True))


@pytest.mark.parametrize("name", READ)
def test_what_is_only_odd_is_read_with_a_warning(readings: dict[str, Outcome], name: str) -> None:
    _, code, where, says = READ[name]
    outcome = readings[name]
    assert within_limits(outcome)
    assert not outcome.errors, outcome.issues
    assert {each for each, *_ in outcome.issues} == ({code} if code else set())
    if code:
        severity, address, words = outcome.found(code)[0]
        assert severity == "warning"
        assert address == where or not where
        assert says in words


# ---- numbers that are none ------------------------------------------------------------------------------

FIGURES = {
    **dict.fromkeys([b"NaN", b"INF", b"-Infinity", b"1_000", b"1,5", b"0x1F", "\u0661".encode()], "NOT_A_NUMBER"),
    **dict.fromkeys([b"1E309", b"-1E309", b"1E308", b"9" * 400], "OUT_OF_RANGE"),
}


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.decode()[:10])
def test_a_figure_that_is_no_number_is_named_with_its_cell(good: Path, tmp_path: Path, figure: bytes) -> None:
    path = tmp_path / "in.xlsx"
    path.write_bytes(edited(FUNDING, b"<v>100</v>", b"<v>" + figure + b"</v>")(parts_of(good)))
    issues = [issue for issue in bm.check(path) if issue.severity == "error"]
    assert [(issue.code, issue.where) for issue in issues] == [(FIGURES[figure], "Funding!C5")]
    if FIGURES[figure] == "NOT_A_NUMBER":
        assert f"'{figure.decode()}'" in issues[0].found


def test_all_such_figures_are_named_at_once_with_everything_else(tmp_path: Path) -> None:
    book = two_places().set("Services", row=0, Level="galactic")
    path = rewritten_as_excel_does(book.save(tmp_path / "in.xlsx"))
    parts = parts_of(path)
    parts[FUNDING] = parts[FUNDING].replace(b"<v>100</v>", b"<v>NaN</v>")
    baseline = "xl/worksheets/sheet9.xml"
    parts[baseline] = parts[baseline].replace(b'"D5"><v>60', b'"D5"><v>1E309').replace(b'"D6"><v>40', b'"D6"><v>1,5')
    path.write_bytes(repacked(parts))
    assert [(issue.code, issue.where) for issue in bm.check(path)] == [
        ("CHOICE_UNKNOWN", "Services!C5"),
        ("NOT_A_NUMBER", "Funding!C5"),
        ("OUT_OF_RANGE", "Baseline!D5"),
        ("NOT_A_NUMBER", "Baseline!D6"),
    ]


# ---- limits ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", ["VALUE_LIMIT", "TAG_LIMIT"])
def test_too_many_cells_are_refused_before_they_are_kept(good: Path, monkeypatch: pytest.MonkeyPatch, limit: str):
    monkeypatch.setattr(package, limit, 100)
    monkeypatch.setattr(package, "TAGS_OF_VALUE", 1)  # where two are needed
    (issue,) = bm.check(good)
    assert (issue.code, issue.severity, issue.cell) == ("BIG_FILE", "error", "shared good.xlsx")


def test_out_of_memory_is_a_sentence(good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def greedy(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(package.Package, "parse", greedy)
    (issue,) = bm.check(good)
    assert (issue.code, issue.severity) == ("BIG_FILE", "error")
    assert "memory" in issue.found


def test_many_rows_and_sheets_are_warned_of(good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(surroundings, "MANY_ROWS", 1)
    monkeypatch.setattr(surroundings, "MANY_SHEETS", 16)
    issues = bm.check(good)
    assert {(issue.code, issue.severity) for issue in issues} == {("BIG_FILE", "warning")}
    # two_places has 2 rows in Places, Needs, Baseline and Indicators, 11 settings in About, and all 17 sheets
    assert [issue.where for issue in issues] == [
        "shared good.xlsx",
        "About",
        "Places",
        "Needs",
        "Baseline",
        "Indicators",
    ]


def test_a_workbook_of_a_million_real_cells_is_refused_in_time(good: Path, tmp_path: Path) -> None:
    rows = b"".join(
        b'<row r="%d">' % row
        + b"".join(b'<c r="%c%d"><v>%d</v></c>' % (65 + c, row, row) for c in range(12))
        + b"</row>"
        for row in range(6, 100_006)
    )
    path = tmp_path / "big.xlsx"
    path.write_bytes(funding(rows)(parts_of(good)))
    assert path.stat().st_size < guard.FILE_LIMIT
    (outcome,) = check_confined([path])
    assert within_limits(outcome)
    assert outcome.errors == ["BIG_FILE"]


# ---- mutants -----------------------------------------------------------------------------------------------

BATCHES = [pytest.param(range(50), id="0")] + [
    pytest.param(range(start, start + 50), id=str(start), marks=pytest.mark.slow) for start in range(50, 1500, 50)
]


@pytest.mark.parametrize("seeds", BATCHES)
def test_mutants_of_a_good_workbook_are_refused_or_read(good: Path, seeds: range) -> None:
    outcomes = mutants(good, seeds)
    assert len(outcomes) == len(seeds)
    for seed, outcome in zip(seeds, outcomes, strict=True):
        assert within_limits(outcome), seed
        for _, _, where, words in outcome.issues:
            assert where, seed
            assert "\n" not in words, seed
    refused = sum(bool(outcome.errors) for outcome in outcomes)
    assert 10 < refused < 50  # some are refused and some are read: the mutants are neither harmless nor all dead
