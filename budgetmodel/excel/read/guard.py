"""Looks at a file before anything opens it: is it an Excel workbook, whole, and of a sane size?"""

from __future__ import annotations

import io
import os
import re
import stat
import time
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from budgetmodel.contract.issues import BudgetError, FileTrouble, InputErrors, Issue

MEGABYTE = 1024 * 1024
FILE_LIMIT = 20 * MEGABYTE
PART_LIMIT = 100 * MEGABYTE
TOTAL_LIMIT = 200 * MEGABYTE
RATIO_LIMIT = 100
PARTS_LIMIT = 2000
HEAD = 1024
"""Bytes of a part within which its XML declaration ends."""

CHUNK = 64 * 1024

PAUSES = (0.1, 0.3, 1.0, 0.0)
"""Seconds after each attempt to read a file that another program writes to meanwhile."""

SAVE_AGAIN = "Open it in Excel and save it again."
SAVE_AS = "Open it in Excel and save it as 'Excel Workbook (.xlsx)'."

NOT_ZIP = (
    (b"%PDF", "this is a PDF"),
    (b"\x1f\x8b", "this is a compressed file (.gz)"),
    (b"<", "this is a web page or an XML file"),
    (b"\xef\xbb\xbf<", "this is a web page or an XML file"),
)
"""What other files begin with."""

ZIP_KINDS = (
    ("xl/workbook.bin", "this is a binary workbook (.xlsb)"),
    ("content.xml", "this is a LibreOffice or OpenDocument file (.ods)"),
    ("index/document.iwa", "this is an Apple Numbers file"),
    ("word/document.xml", "this is a Word document"),
    ("ppt/presentation.xml", "this is a PowerPoint presentation"),
)
"""What other zip archives hold."""

_OLE = b"\xd0\xcf\x11\xe0"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_PART_SIGNATURE = b"PK\x01\x02"
_DECLARATION = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)
_ENCODING = re.compile(rb"""^<\?xml[^>]*?\sencoding\s*=\s*["']([^"']*)["']""")
_UTF8 = {b"utf-8", b"utf8", b"us-ascii", b"ascii"}
_LOCKS = (re.compile(r"^~\$(.+)$"), re.compile(r"^\.~lock\.(.+)#$"))

Refusal = tuple[str, str, str]
"""The code, what was found, and what to do."""


def refuse_unreadable(path: Path) -> int:
    """Raise FileTrouble with a sentence when there is no such file, or it is none; returns its size in bytes."""
    with _trouble(path):
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise FileTrouble(f"'{path}' is a folder. Name the workbook inside it.")
        if not stat.S_ISREG(status.st_mode):
            raise FileTrouble(f"'{path}' is no file but a device or a pipe. Name a workbook.")
        return status.st_size


def read_bytes(path: Path) -> bytes:
    """The whole file, read once; raises FileTrouble with a sentence when it cannot be read.

    Raises InputErrors when its name or its size says that it is no workbook: then nothing of it is read.
    """
    for pause in PAUSES:
        size = refuse_unreadable(path)
        reason = _refused_name(path.name) or _refused_size(size)
        if reason is not None:
            raise refused(path.name, reason)
        with _trouble(path), path.open("rb") as stream:
            before = _version(stream)
            content = stream.read(FILE_LIMIT + 1)
            if _version(stream) == before:
                return content
        time.sleep(pause)
    raise FileTrouble(f"'{path}' was changed by another program while it was read: wait until it is saved there.")


def _version(stream: BinaryIO) -> tuple[int, int]:
    """What differs when somebody writes to an open file: its size and the time of its last change."""
    facts = os.fstat(stream.fileno())
    return facts.st_size, facts.st_mtime_ns


@contextmanager
def _trouble(path: Path) -> Iterator[None]:
    """What goes wrong with a file, as a sentence."""
    try:
        yield
    except BudgetError:  # an OSError or a ValueError, too, and in words already
        raise
    except FileNotFoundError:
        raise FileTrouble(f"There is no file '{path}'. Check the name and the folder.") from None
    except PermissionError:
        raise FileTrouble(f"'{path}' cannot be read. Close it in Excel, or ask for read permission.") from None
    except OSError as error:
        raise FileTrouble(f"'{path}' cannot be read: {error.strerror or error}.") from None
    except ValueError:  # a name with a null character
        raise FileTrouble(f"There is no file {str(path)!r}. Check the name and the folder.") from None


def admit(content: bytes, name: str) -> None:
    """Raise InputErrors unless `content` is a complete, sane Excel workbook; nothing is opened before that."""
    reason = _refusal(content)
    if reason is not None:
        raise refused(name, reason)


def refused(name: str, reason: Refusal) -> InputErrors:
    """The error that says why a file is not read."""
    code, found, fix = reason
    return InputErrors([Issue(code, "error", "", name, found, "an Excel workbook (.xlsx)", fix)])


def part_name(name: str) -> str:
    r"""The name of a part by which it is found: whatever its case, and with the strokes of any system.

    Some programs of Windows write `xl\\workbook.xml`; Excel and others read it as `xl/workbook.xml`. Nothing is ever
    unpacked to a disk.
    """
    return name.replace("\\", "/").removeprefix("./").casefold()


def with_plain_names(content: bytes) -> bytes:
    """An admitted workbook with the strokes of its parts' names as Excel writes them; mostly it is as it was."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = archive.infolist()
        if not any("\\" in part.filename for part in parts):
            return content
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as again:
            for part in parts:
                again.writestr(part.filename.replace("\\", "/"), archive.read(part))
        return stream.getvalue()


def _leads_out(name: str) -> bool:
    """Whether the name of a part is no name inside the workbook."""
    plain = part_name(name)
    return plain.startswith("/") or plain[1:2] == ":" or ".." in plain.split("/")


def not_utf8(head: bytes) -> bool:
    """Whether an XML part that begins so is in another encoding than UTF-8, which could hide what it declares."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")
    if not text:
        return False
    declared = _ENCODING.match(text)
    return (
        not text.startswith(b"<") or b"\x00" in text[:4] or (declared is not None and declared[1].lower() not in _UTF8)
    )


def _refused_name(name: str) -> Refusal | None:
    for pattern in _LOCKS:
        match = pattern.match(name)
        if match:
            found = f"this is the lock file that stands beside '{match[1]}' while somebody has it open"
            return "WRONG_TYPE", found, f"Name '{match[1]}' instead."
    return None


def _refused_size(size: int) -> Refusal | None:
    if not size:
        return "WRONG_TYPE", "the file is empty (0 bytes)", "Save it again from Excel."
    if size > FILE_LIMIT:
        fix = f"Clear unused rows, formats and pictures; the limit is {FILE_LIMIT // MEGABYTE} MB."
        return "BIG_FILE", f"the file has {size / MEGABYTE:.0f} MB; a normal one is under 2 MB", fix
    return None


def _refusal(content: bytes) -> Refusal | None:
    reason = _refused_size(len(content)) or _refused_kind(content)
    if reason is not None:
        return reason
    try:
        return _refused_part(content)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError):
        found = f"the workbook is damaged or incomplete ({len(content):,} bytes)"
        return "DAMAGED", found, f"{SAVE_AGAIN} If it came by e-mail or download, fetch it again."


def _refused_kind(content: bytes) -> Refusal | None:
    """Why a file that does not even begin like a workbook is refused."""
    if content.startswith(_OLE):
        if _ENCRYPTED in content:
            return "PASSWORD", "the workbook has a password", "Open it in Excel, remove the password and save it."
        return "WRONG_TYPE", "this is an old workbook (.xls), which cuts tables at row 65,536", SAVE_AS
    if content.startswith(b"PK"):
        return None
    for start, found in NOT_ZIP:
        if content.startswith(start):
            return "WRONG_TYPE", found, SAVE_AS
    if _is_text(content[:CHUNK]):
        return "WRONG_TYPE", "this is a text file (CSV), whatever its name says", SAVE_AS
    return "WRONG_TYPE", "this is not an Excel workbook, whatever its name says", SAVE_AS


def _is_text(content: bytes) -> bool:
    return not any(byte < 9 or 13 < byte < 32 for byte in content)


def _refused_part(content: bytes) -> Refusal | None:
    # Counted before zipfile makes a record of each.
    if content.count(_PART_SIGNATURE) > PARTS_LIMIT:
        return "DAMAGED", f"the workbook has more than {PARTS_LIMIT:,} parts", SAVE_AGAIN
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = archive.infolist()
        reason = _refused_list(parts)
        if reason is not None:
            return reason
        total = 0
        for part in parts:
            size, problem = _measure(archive, part)
            total += size
            if size > PART_LIMIT or total > TOTAL_LIMIT:
                return _unpacks(f"more than {max(size, total) // MEGABYTE} MB")
            if _bomb(size, part.compress_size) or _bomb(total, len(content)):
                return _unpacks(f"more than {RATIO_LIMIT} times its size")
            if part.header_offset + part.compress_size > len(content) or (not problem and size != part.file_size):
                problem = "has another size than the file says"
            if problem:
                return "DAMAGED", f"part {part.filename} {problem}", SAVE_AGAIN
    return None


def _unpacks(words: str) -> Refusal:
    found = f"the workbook unpacks to {words}; a normal one to about ten times its size, and less than 20 MB"
    return "BIG_FILE", found, "Clear unused rows and formats, and save it again."


def _refused_list(parts: list[zipfile.ZipInfo]) -> Refusal | None:
    """Why a workbook is refused for the list of its parts."""
    names = [part_name(part.filename) for part in parts]
    if any(part.flag_bits & 0x1 for part in parts):
        return "PASSWORD", "the workbook has a password", "Open it in Excel, remove the password and save it."
    for marker, found in ZIP_KINDS:
        if marker in names:
            return "WRONG_TYPE", found, SAVE_AS
    if "[content_types].xml" not in names:
        nested = next((part.filename for part in parts if part.filename.lower().endswith((".xlsx", ".xlsm"))), None)
        if nested is not None:
            return "WRONG_TYPE", f"this is a zip archive that holds '{nested}'", "Unpack it and name the workbook."
        return "WRONG_TYPE", "this is a zip archive that holds no workbook", SAVE_AS
    if len(parts) > PARTS_LIMIT:
        return "DAMAGED", f"the workbook has more than {PARTS_LIMIT:,} parts", SAVE_AGAIN
    if len(set(names)) != len(names):
        return "DAMAGED", "the workbook has two parts of one name", SAVE_AGAIN
    for part in parts:
        if _leads_out(part.filename):
            return "DAMAGED", f"a part is named '{part.filename[:60]}', which leads out of the workbook", SAVE_AGAIN
        if part.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            return "DAMAGED", f"part {part.filename} is packed in a way that Excel does not know", SAVE_AGAIN
    return None


def _measure(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> tuple[int, str]:
    """The real unpacked size, counted and never believed; and what is wrong with the text of an XML part.

    What lies under customXml is not ours or Excel's but other programs', and is never opened.
    """
    name = part_name(part.filename)
    is_xml = name.endswith((".xml", ".rels", ".vml")) and not name.startswith("customxml/")
    size = 0
    tail = b""
    with archive.open(part) as stream:
        while chunk := stream.read(CHUNK):
            if is_xml:
                if size == 0 and not_utf8(chunk[:HEAD]):
                    return size, "is not in UTF-8, the encoding that Excel writes"
                if _DECLARATION.search(tail + chunk):
                    return size, "contains a DTD, which Excel never writes"
                tail = chunk[-16:]
            size += len(chunk)
            if size > PART_LIMIT or _bomb(size, part.compress_size):
                break
    return size, ""


def _bomb(size: int, packed: int) -> bool:
    return size > MEGABYTE and size > RATIO_LIMIT * max(packed, 1)
