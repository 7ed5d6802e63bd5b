"""What xlsxwriter leaves out of a workbook's file: named cell styles, and the language in the document properties."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from budgetmodel.excel.write.fast_sheet import Changes

STYLES, PROPERTIES = "xl/styles.xml", "docProps/core.xml"
LANGUAGE = "en-GB"

_FILL = re.compile(r"<fill>.*?</fill>", re.DOTALL)
_CELL_FORMATS = re.compile(r'<cellXfs count="\d+">(.*?)</cellXfs>', re.DOTALL)
_STYLE_FORMATS = re.compile(r'<cellStyleXfs count="1">(.*?)</cellStyleXfs>', re.DOTALL)
_STYLE_NAMES = re.compile(r'<cellStyles count="1">(.*?)</cellStyles>', re.DOTALL)
_FORMAT = re.compile(r"<xf [^>]*/>|<xf [^>]*[^/]>.*?</xf>", re.DOTALL)


def changes(named: Mapping[str, tuple[str, int]]) -> Changes:
    """What is done to parts of a workbook: its cell formats are named by their fill, and it gets its language.

    `named` maps a fill colour (#RRGGBB) to the name of the style and Excel's number of the built-in style of that
    name, so that the style can be chosen, and changed in one place, in Excel.
    """
    return {STYLES: lambda styles: with_named_styles(styles, named), PROPERTIES: _with_language}


def with_named_styles(styles: str, named: Mapping[str, tuple[str, int]]) -> str:
    """The part that holds the styles, each cell format of a named fill tied to the style of that name."""
    fills = [_colour(fill) for fill in _FILL.findall(styles)]
    block, base, normal = (pattern.search(styles) for pattern in (_CELL_FORMATS, _STYLE_FORMATS, _STYLE_NAMES))
    if block is None or base is None or normal is None:
        return styles
    first = {colour: text for text in reversed(_FORMAT.findall(block[1])) if (colour := _fill(text, fills)) in named}
    used = [colour for colour in named if colour in first]
    numbers = {colour: str(number) for number, colour in enumerate(used, start=1)}

    def tied(match: re.Match[str]) -> str:
        number = numbers.get(_fill(match[0], fills), "0")
        return match[0].replace('xfId="0"', f'xfId="{number}"')

    names = [
        f'<cellStyle name="{named[colour][0]}" xfId="{numbers[colour]}" builtinId="{named[colour][1]}" '
        'customBuiltin="1"/>'
        for colour in used
    ]
    count = len(used) + 1
    bases = base[1] + "".join(_base(first[colour]) for colour in used)
    styles = styles.replace(block[1], _FORMAT.sub(tied, block[1]))
    styles = styles.replace(base[0], f'<cellStyleXfs count="{count}">{bases}</cellStyleXfs>')
    return styles.replace(normal[0], f'<cellStyles count="{count}">{normal[1]}{"".join(names)}</cellStyles>')


def _fill(cell_format: str, fills: Sequence[str]) -> str:
    """The fill colour of a cell format, or nothing."""
    number = re.search(r'fillId="(\d+)"', cell_format)
    return fills[int(number[1])] if number else ""


def _colour(fill: str) -> str:
    found = re.search(r'<fgColor rgb="FF([0-9A-F]{6})"', fill)
    return f"#{found[1]}" if found else ""


def _base(cell_format: str) -> str:
    """The format of the style itself: the fonts, fill and border of one of its cells, without its number format."""
    plain = re.sub(r'numFmtId="\d+"', 'numFmtId="0"', cell_format)
    plain = re.sub(r' applyNumberFormat="1"', "", plain)
    return re.sub(r' xfId="\d+"', "", plain)


def _with_language(properties: str) -> str:
    if "<dc:language>" in properties:
        return properties
    return properties.replace("</cp:coreProperties>", f"<dc:language>{LANGUAGE}</dc:language></cp:coreProperties>")
