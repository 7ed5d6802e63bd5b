"""The parts of an admitted workbook: parsed as a stream within limits, and what they say of the book as a whole.

Excel's XML is read with the parser of the standard library, one pass over each part that is needed. A general reader
stops at the first cell it cannot read and keeps whatever it meets; this one says where the trouble is.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from xml.parsers import expat  # what guard admits holds no DTD, and one that did would be refused here

from budgetmodel.excel.read import guard

VALUE_LIMIT = 1_000_000
"""Values in all parts that are read. They are counted before anything is parsed: it is quick, and parsing is not."""

TAG_LIMIT = 1_000_000
"""Tags in all parts that are read, besides those of values: a part without values comes to an end too."""

TAGS_OF_VALUE = 6
"""Opening and closing tags of a cell, its formula and its value."""

MATCH_LIMIT = 200
"""Bytes of a tag that is found without reading the XML."""

TOKEN_LIMIT = guard.MEGABYTE
"""Bytes of one tag or comment; a longer one would be scanned again with every piece."""

MARK = "\ufdd0"
"""Stands for a character that XML cannot hold."""

_UNREADABLE_TOKENS = {
    expat.errors.codes[expat.errors.XML_ERROR_INVALID_TOKEN],
    expat.errors.codes[expat.errors.XML_ERROR_BAD_CHAR_REF],
}
_BAD_BYTES = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xed[\xa0-\xbf][\x80-\xbf]|\xef\xbf[\xbe\xbf]")
_REFERENCE = re.compile(rb"&#(?:[xX]([0-9a-fA-F]{1,8})|([0-9]{1,8}));")

Start = Callable[[str, Mapping[str, str]], None]
Text = Callable[[str], None]


class Damaged(Exception):
    """A part cannot be read; the message says what is wrong with it."""


class Unclean(Damaged):
    """A part holds characters that XML cannot hold; read with `clean` it may do."""


class TooBig(Exception):
    """The workbook holds more than is read."""


@dataclass(frozen=True)
class Relation:
    """A link from one part to another, or to another file."""

    kind: str
    target: str
    external: bool


@dataclass(frozen=True)
class SheetPart:
    """One sheet as the workbook lists it: its name, its part ("" when there is none), its kind and visibility."""

    name: str
    part: str
    kind: str
    state: str


@dataclass(frozen=True)
class Outline:
    """What the workbook says of itself, besides its cells.

    `links` are the files it takes values from, by the number that formulas call them; `connections` the names of its
    data connections. `recalculate` is the flag by which programs ask for a first calculation; Excel never saves it.
    """

    sheets: tuple[SheetPart, ...]
    strings: str
    styles: str
    from_1904: bool
    iterates: bool
    recalculate: bool
    calculated: bool
    macros: bool
    links: Mapping[int, str]
    connections: tuple[str, ...]


class Package:
    """The parts of a workbook that `guard.admit` has let in."""

    def __init__(self, content: bytes) -> None:
        """Open the archive; nothing is unpacked yet."""
        self._archive = zipfile.ZipFile(io.BytesIO(content))
        self._names = {guard.part_name(part.filename): part.filename for part in self._archive.infolist()}
        self._tags = 0
        self._tag_limit = TAG_LIMIT

    def has(self, part: str) -> bool:
        """Whether there is a part of that name, whatever its case."""
        return guard.part_name(part) in self._names

    def expect(self, parts: Iterable[str]) -> int:
        """Count the values in these parts, to allow for their tags; raises TooBig when they are more than are read."""
        ends = 0
        for part in parts:
            if self.has(part):
                with self._archive.open(self._names[guard.part_name(part)]) as stream:
                    while chunk := stream.read(guard.CHUNK * 4):
                        ends += chunk.count(b"v>") + chunk.count(b"t>")  # <v>, </v>, <x:v>, </t> and the like
            if ends > 2 * VALUE_LIMIT:
                raise TooBig
        self._tag_limit = TAG_LIMIT + TAGS_OF_VALUE * ends // 2
        return ends // 2

    def find(self, part: str, pattern: re.Pattern[bytes], *, most: int) -> list[re.Match[bytes]]:
        """The first matches of a pattern in the bytes of a part, each of `MATCH_LIMIT` bytes at most."""
        found: list[re.Match[bytes]] = []
        with self._archive.open(self._names[guard.part_name(part)]) as stream:
            rest = b""
            while len(found) < most and (chunk := stream.read(guard.CHUNK * 4)):
                piece = rest + chunk
                matches = list(pattern.finditer(piece))
                found += matches
                rest = piece[max(len(piece) - MATCH_LIMIT, matches[-1].end() if matches else 0) :]
        return found[:most]

    def parse(
        self,
        part: str,
        start: Start,
        end: Callable[[str], None] | None = None,
        text: Text | None = None,
        *,
        squeeze: Callable[[bytes], bytes] | None = None,
        clean: bool = False,
    ) -> None:
        """Send the tags and texts of a part to the callbacks; names are as written, with their prefix.

        `squeeze` may shorten each piece of the part before it is parsed; `clean` puts `MARK` where a character stands
        that XML cannot hold. Raises Damaged, Unclean when cleaning would help, and TooBig.
        """
        parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.StartElementHandler = start
        parser.EndElementHandler = end
        parser.CharacterDataHandler = text
        parser.StartDoctypeDeclHandler = _refuse_declaration
        fed = 0
        with self._archive.open(self._names[guard.part_name(part)]) as stream:
            rest = b""
            while chunk := stream.read(guard.CHUNK * 4):
                if fed == 0 and guard.not_utf8(chunk[: guard.HEAD]):
                    raise Damaged("it is not in UTF-8")
                if clean:
                    chunk, rest = _cleaned(rest + chunk)
                piece = squeeze(chunk) if squeeze is not None else chunk
                self._tags += piece.count(b"<")
                if self._tags > self._tag_limit:
                    raise TooBig
                fed += len(piece)
                _feed(parser, piece, last=False)
                if fed - parser.CurrentByteIndex > TOKEN_LIMIT:
                    raise Damaged("it holds a tag longer than Excel writes")
            _feed(parser, rest, last=True)

    def relations(self, part: str) -> dict[str, Relation]:
        """The links of a part by their identifiers; targets inside the workbook are names of parts."""
        folder, name = posixpath.split(part)
        links = posixpath.join(folder, "_rels", f"{name}.rels")
        found: dict[str, Relation] = {}

        def start(tag: str, attributes: Mapping[str, str]) -> None:
            if local(tag) == "Relationship":
                target, external = attributes.get("Target", ""), attributes.get("TargetMode") == "External"
                if not external:
                    target = posixpath.normpath(posixpath.join("/", folder, target.replace("\\", "/"))).lstrip("/")
                kind = attributes.get("Type", "").rpartition("/")[2]
                found[attributes.get("Id", "")] = Relation(kind, target, external)

        if self.has(links):
            self.parse(links, start)
        return found


def local(name: str) -> str:
    """The name of a tag or attribute without its prefix.

    >>> local("x:row"), local("row")
    ('row', 'row')
    """
    return name.rpartition(":")[2]


def truth(value: str | None) -> bool:
    """Whether an attribute says yes."""
    return value is not None and value.strip() in {"1", "true", "on"}


def outline(package: Package) -> Outline:
    """What the workbook says of itself; raises Damaged when it lists no sheets."""
    book = next((r.target for r in package.relations("").values() if r.kind == "officeDocument"), "xl/workbook.xml")
    if not package.has(book):
        raise Damaged("its list of sheets is missing")
    relations = package.relations(book)
    listed: list[Mapping[str, str]] = []
    references: list[str] = []
    properties: dict[str, Mapping[str, str]] = {}

    def start(tag: str, attributes: Mapping[str, str]) -> None:
        name = local(tag)
        if name == "sheet":
            listed.append(dict(attributes))
        elif name == "externalReference":
            references.append(_identifier(attributes))
        elif name in {"calcPr", "workbookPr"}:
            properties.setdefault(name, dict(attributes))

    package.parse(book, start)
    sheets = [_sheet(attributes, relations) for attributes in listed]
    if not sheets:
        raise Damaged("it lists no sheets")
    calculation, settings = properties.get("calcPr", {}), properties.get("workbookPr", {})
    targets = {relation.kind: relation.target for relation in relations.values()}
    links = {
        number: _linked(package, relations[reference].target)
        for number, reference in enumerate(references, start=1)
        if reference in relations
    }
    return Outline(
        sheets=tuple(sheets),
        strings=targets.get("sharedStrings", ""),
        styles=targets.get("styles", ""),
        from_1904=truth(settings.get("date1904")),
        iterates=truth(calculation.get("iterate")),
        recalculate=truth(calculation.get("fullCalcOnLoad")),
        calculated="calcChain" in targets,
        macros="vbaProject" in targets or any(sheet.kind == "xlMacrosheet" for sheet in sheets),
        links=MappingProxyType(links),
        connections=_connections(package, targets.get("connections", "")),
    )


def _sheet(attributes: Mapping[str, str], relations: Mapping[str, Relation]) -> SheetPart:
    relation = relations.get(_identifier(attributes), Relation("worksheet", "", external=False))
    return SheetPart(attributes.get("name", ""), relation.target, relation.kind, attributes.get("state", "visible"))


def _identifier(attributes: Mapping[str, str]) -> str:
    """The `r:id` of a tag, whatever its prefix."""
    return next((value for name, value in attributes.items() if ":" in name and local(name) == "id"), "")


def _linked(package: Package, part: str) -> str:
    """The file, or the live program, that an external link names."""
    if not package.has(part):
        return "?"
    programs: list[str] = []

    def start(tag: str, attributes: Mapping[str, str]) -> None:
        if local(tag) == "ddeLink":
            programs.append(f"{attributes.get('ddeService', '?')} {attributes.get('ddeTopic', '')}".strip())

    package.parse(part, start)
    targets = [relation.target for relation in package.relations(part).values() if relation.external]
    return (programs or targets or ["?"])[0]


def _connections(package: Package, part: str) -> tuple[str, ...]:
    names: list[str] = []

    def start(tag: str, attributes: Mapping[str, str]) -> None:
        if local(tag) == "connection":
            names.append(attributes.get("name", "?"))

    if part and package.has(part):
        package.parse(part, start)
    return tuple(names)


def _refuse_declaration(*_: object) -> None:
    raise Damaged("it contains a DTD")


def _feed(parser: expat.XMLParserType, piece: bytes, *, last: bool) -> None:
    try:
        parser.Parse(piece, last)
    except expat.ExpatError as error:
        kind = Unclean if error.code in _UNREADABLE_TOKENS else Damaged
        raise kind(f"line {error.lineno} of it is broken") from None


def _cleaned(piece: bytes) -> tuple[bytes, bytes]:
    """The piece with `MARK` for what XML cannot hold, and an end of it that may be the start of such a thing."""
    ends = (piece.rfind(b"&", -16), piece.rfind(b"\xed", -3), piece.rfind(b"\xef", -3))
    cut = min((end for end in ends if end >= 0), default=len(piece))
    return _REFERENCE.sub(_marked, _BAD_BYTES.sub(MARK.encode(), piece[:cut])), piece[cut:]


def _marked(reference: re.Match[bytes]) -> bytes:
    number = int(reference[1], 16) if reference[1] else int(reference[2])
    held = number in {9, 10, 13} or 32 <= number < 0xD800 or 0xE000 <= number < 0xFFFE or 0x10000 <= number < 0x110000
    return reference[0] if held else MARK.encode()
