"""Looks at a file before anything opens it: is it an Excel workbook, whole, and of a sane size?"""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

from budgetmodel.issues import FileTrouble, InputErrors, Issue

MEGABYTE = 1024 * 1024
FILE_LIMIT = 20 * MEGABYTE
PART_LIMIT = 100 * MEGABYTE
TOTAL_LIMIT = 200 * MEGABYTE
RATIO_LIMIT = 100
PARTS_LIMIT = 2000

_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
_DECLARATION = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)
_CHUNK = 64 * 1024


def read_bytes(path: Path) -> bytes:
    """The whole file, read once; raises FileTrouble with a sentence when it cannot be read."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise FileTrouble(f"There is no file '{path}'. Check the name and the folder.") from None
    except IsADirectoryError:
        raise FileTrouble(f"'{path}' is a folder. Name the workbook inside it.") from None
    except PermissionError:
        raise FileTrouble(f"'{path}' cannot be read. Close it in Excel, or ask for read permission.") from None
    except OSError as error:
        raise FileTrouble(f"'{path}' cannot be read: {error.strerror or error}.") from None


def admit(content: bytes, name: str) -> None:
    """Raise InputErrors unless `content` is a complete, sane .xlsx file; nothing is opened before that."""
    reason = _refusal(content)
    if reason is None:
        return
    code, found, fix = reason
    raise InputErrors([Issue(code, "error", "", name, found, "an Excel workbook (.xlsx)", fix)])


def _refusal(content: bytes) -> tuple[str, str, str] | None:
    if not content:
        return "WRONG_TYPE", "the file is empty", "Save it again from Excel."
    if content.startswith(_OLD_EXCEL):
        fix = "Save it as .xlsx, without a password."
        return "WRONG_TYPE", "an old .xls file, or a workbook with a password", fix
    if not content.startswith(b"PK"):
        return "WRONG_TYPE", "this is not an Excel workbook, whatever its name says", "Save it from Excel as .xlsx."
    if len(content) > FILE_LIMIT:
        found = f"the file has {len(content) / MEGABYTE:.0f} MB"
        return "BIG_FILE", found, f"A normal one is under 2 MB, the limit is {FILE_LIMIT // MEGABYTE} MB."
    try:
        return _refused_part(content)
    except (zipfile.BadZipFile, EOFError, OSError, ValueError, NotImplementedError, RuntimeError):
        return "DAMAGED", "the workbook is damaged or incomplete", "Open it in Excel and save it again."
    except Exception as error:  # zlib.error has no public base class that says "damaged data"
        if type(error).__module__ != "zlib":
            raise
        return "DAMAGED", "the workbook is damaged or incomplete", "Open it in Excel and save it again."


def _refused_part(content: bytes) -> tuple[str, str, str] | None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = archive.infolist()
        names = [part.filename for part in parts]
        if len(parts) > PARTS_LIMIT or len(set(names)) != len(names):
            return "DAMAGED", "the workbook has too many or doubled parts", "Save it again from Excel."
        if any(part.flag_bits & 0x1 for part in parts):
            return "WRONG_TYPE", "the workbook has a password", "Save it without a password."
        if "xl/workbook.xml" not in names:
            return "WRONG_TYPE", "the file is a zip archive but holds no workbook", "Save it from Excel as .xlsx."
        total = 0
        for part in parts:
            size, declared = _measure(archive, part)
            total += size
            if size > PART_LIMIT or total > TOTAL_LIMIT or _bomb(size, part.compress_size):
                found = "the workbook unpacks to more than a workbook should"
                return "BIG_FILE", found, "Clear unused rows and formats, and save it again."
            if declared:
                return "DAMAGED", f"part {part.filename} holds declarations Excel never writes", "Save it from Excel."
    return None


def _measure(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> tuple[int, bool]:
    """The real unpacked size, counted and never believed; and whether an XML part declares types or entities."""
    is_xml = part.filename.lower().endswith((".xml", ".rels", ".vml"))
    size = 0
    tail = b""
    with archive.open(part) as stream:
        while chunk := stream.read(_CHUNK):
            if is_xml:
                if size == 0 and chunk[:2] in {b"\xff\xfe", b"\xfe\xff", b"\x00<", b"<\x00"}:
                    return size, True  # UTF-16 would hide a declaration from the scan
                if _DECLARATION.search(tail + chunk):
                    return size, True
                tail = chunk[-16:]
            size += len(chunk)
            if size > PART_LIMIT or _bomb(size, part.compress_size):
                break
    return size, False


def _bomb(size: int, packed: int) -> bool:
    return size > MEGABYTE and size > RATIO_LIMIT * max(packed, 1)
