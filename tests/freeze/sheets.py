"""A workbook as text: a line per cell with its formula, stored value and format, then whatever else the file holds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree
from zipfile import ZipFile

Element = ElementTree.Element

TOLD_ELSEWHERE = ("[Content_Types].xml", "xl/workbook.xml", "xl/styles.xml", "xl/sharedStrings.xml")
"""Parts that are read for the cells, or say nothing that the others do not."""


def as_text(path: Path) -> str:
    """The whole workbook as lines of text."""
    with ZipFile(path) as file:
        return "".join(f"{line}\n" for line in _lines(file))


def _lines(file: ZipFile) -> Iterator[str]:
    names = file.namelist()
    book = _xml(file, "xl/workbook.xml")
    strings = [_string(each) for each in _xml(file, "xl/sharedStrings.xml")] if TOLD_ELSEWHERE[3] in names else []
    styles = _Styles(_xml(file, "xl/styles.xml"))
    targets = {each.attrib["Id"]: each.attrib["Target"] for each in _xml(file, "xl/_rels/workbook.xml.rels")}
    parts: dict[str, str] = {}
    yield from _tree(book, "workbook")
    for sheet in book.iter():
        if _name(sheet.tag) == "sheet":
            target = targets[next(value for key, value in sheet.attrib.items() if _name(key) == "id")]
            parts[target.removeprefix("/xl/") if target.startswith("/") else target] = sheet.attrib["name"]
    for part, name in parts.items():
        yield from _sheet(_xml(file, f"xl/{part}"), name, strings, styles)
    yield from styles.lines()
    sheets = {f"xl/{part}" for part in parts}
    for part in sorted(set(names) - sheets - set(TOLD_ELSEWHERE)):
        content = file.read(part)
        if part.endswith((".xml", ".rels", ".vml")):
            yield from _tree(ElementTree.fromstring(content), part)  # noqa: S314  # our own file
        else:
            yield f"{part}: SHA-256 {hashlib.sha256(content).hexdigest()}"


def _sheet(page: Element, name: str, strings: list[str], styles: _Styles) -> Iterator[str]:
    """The cells of a sheet, then its columns, widths, links, conditional formats, validations and so on."""
    for child in page:
        if _name(child.tag) != "sheetData":
            continue
        for row in child:
            told = {_name(key): value for key, value in row.attrib.items() if key != "spans"}
            if told.keys() - {"r"}:
                yield f"{name}!row {told.pop('r', '')}\t{_attributes(told)}"
            for cell in row:
                yield f"{name}!{_cell(cell, strings, styles)}"
    for child in page:
        if _name(child.tag) != "sheetData":
            yield from _tree(child, name)


def _cell(cell: Element, strings: list[str], styles: _Styles) -> str:
    """Address, formula, stored value with its type, and format."""
    kind = cell.get("t", "n")
    formula = value = ""
    for part in cell:
        name, text = _name(part.tag), part.text or ""
        if name == "f":
            formula = f"={text} {_attributes(part.attrib)}".rstrip()
        elif name == "v":
            value = strings[int(text)] if kind == "s" else _quoted(text) if kind == "str" else text
        else:
            value = _string(part)
    return f"{cell.get('r', '')}\t{formula}\t{value}\t{kind if kind != 's' else 'str'}\t{styles.of(cell.get('s', '0'))}"


class _Styles:
    """Formats by what they look like: their numbers may change without a change that is seen."""

    def __init__(self, sheet: Element) -> None:
        self.groups = {_name(child.tag): list(child) for child in sheet}
        self.codes = {each.attrib["numFmtId"]: each.attrib["formatCode"] for each in self.groups.get("numFmts", [])}
        self.used: dict[str, str] = {}
        self.known: dict[str, str] = {}

    def of(self, number: str) -> str:
        """The number format of a style, and a short name for all else of it, which `lines` spells out."""
        if number not in self.known:
            self.known[number] = self._spelt(int(number))
        return self.known[number]

    def _spelt(self, number: int) -> str:
        own = self.groups["cellXfs"][number]
        code = own.attrib.get("numFmtId", "0")
        looks = [
            *_tree(self.groups["fonts"][int(own.attrib.get("fontId", "0"))], ""),
            *_tree(self.groups["fills"][int(own.attrib.get("fillId", "0"))], ""),
            *_tree(self.groups["borders"][int(own.attrib.get("borderId", "0"))], ""),
            *(line for child in own for line in _tree(child, "")),
        ]
        text = " ".join(line.strip() for line in looks)
        short = hashlib.sha256(text.encode()).hexdigest()[:8]
        self.used[short] = text
        return f"{self.codes.get(code, f'format {code}')}\t{short}"

    def lines(self) -> Iterator[str]:
        """What the short names stand for, and the formats that conditions and named styles bring."""
        for short, text in sorted(self.used.items()):
            yield f"style {short}\t{text}"
        for group in ("dxfs", "cellStyles", "tableStyles"):
            for position, each in enumerate(self.groups.get(group, [])):
                yield from _tree(each, f"{group} {position}")


def _tree(element: Element, label: str, depth: int = 0) -> Iterator[str]:
    """An element and what it holds, a line each."""
    text = (element.text or "").strip()
    words = (_name(element.tag), _attributes(element.attrib), _quoted(text) if text else "")
    yield f"{label}{' ' * (depth + 1)}{' '.join(word for word in words if word)}"
    for child in element:
        yield from _tree(child, label, depth + 1)


def _attributes(attributes: dict[str, str]) -> str:
    return " ".join(f"{_name(key)}={_quoted(value)}" for key, value in attributes.items())


def _string(item: Element) -> str:
    """A shared or inline string: its text; with the formats of its runs where it has more than one."""
    if any(_name(child.tag) == "r" for child in item):
        return " ".join(line.strip() for line in _tree(item, ""))
    return _quoted("".join(item.itertext()))


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _name(tag: str) -> str:
    """A tag or attribute without its name space."""
    return tag.rpartition("}")[2]


def _xml(file: ZipFile, part: str) -> Element:
    return ElementTree.fromstring(file.read(part))  # noqa: S314  # a workbook that the program has just written
