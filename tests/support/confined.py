"""Check workbooks in children with limits on memory and time, and make mutants of a good one.

    check_confined([path, ...])          # one Outcome per path
    mutants(path, range(150))            # one Outcome per seed, of the mutant that the seed makes

Each file is checked in a fork of its own: a crash, a leak or an endless loop ends that fork only. Run as a program
(`python -m tests.support.confined`) it is the parent of those forks.
"""

from __future__ import annotations

import io
import json
import os
import random
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

ADDRESS_SPACE = 1024 * 1024 * 1024
MEMORY = 512 * 1024 * 1024
SECONDS = 5

HOSTILE_WORDS = (
    *(b"NaN", b"1E309", b"-1E400", b"1_000", b"1,5", b"-1", b"", b"99999999999999999999", b"ZZZZZ99999999999"),
    *(b"XFD1048576", b"A0", b"&#xD800;", b"\x01", b"_x0000_", b"\xff", b"&lt;", b"TRUE", b"#REF!", b"2025/26", b"s"),
    *(b"str", b"inlineStr", b"e", b"d", b"b", b"f", b"row", b"c", b"v", b"A1:XFD1048576", b"\xc2\xa0", b"hidden"),
)


@dataclass(frozen=True)
class Outcome:
    """How a check ended: "" or what killed it; its issues as (code, severity, where, sentence); bytes; CPU seconds."""

    death: str
    issues: tuple[tuple[str, str, str, str], ...]
    memory: int
    seconds: float

    @property
    def errors(self) -> list[str]:
        """The codes of the issues that stop a run."""
        return [code for code, severity, _, _ in self.issues if severity == "error"]

    def found(self, code: str) -> list[tuple[str, str, str]]:
        """Severity, address and sentence of the issues of a code."""
        return [(severity, where, words) for each, severity, where, words in self.issues if each == code]


def check_confined(paths: Iterable[Path]) -> list[Outcome]:
    """Check each file in a fork of one child."""
    return _child({"paths": [str(path) for path in paths]})


def mutants(path: Path, seeds: Iterable[int]) -> list[Outcome]:
    """Check the mutant of a good workbook that each seed makes."""
    return _child({"good": str(path), "seeds": list(seeds)})


def rewritten_as_excel_does(path: Path) -> Path:
    """The workbook with its texts in one part of their own, as Excel writes them and openpyxl does not."""
    import openpyxl
    import xlsxwriter

    with xlsxwriter.Workbook(path.with_name(f"shared {path.name}")) as book:
        for page in openpyxl.load_workbook(path).worksheets:
            sheet = book.add_worksheet(page.title)
            for row in page.iter_rows():
                for cell in row:
                    if cell.value is not None:
                        sheet.write(cell.row - 1, cell.column - 1, cell.value)
    return path.with_name(f"shared {path.name}")


def parts_of(path: Path) -> dict[str, bytes]:
    """The parts of a workbook by name."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def repacked(parts: Mapping[str, bytes]) -> bytes:
    """A workbook of these parts."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def mutant(good: bytes, seed: int) -> bytes:
    """A damaged copy: bytes turned, cut or moved in the file, or in one of its parts, which is packed again."""
    chance = random.Random(seed)  # noqa: S311
    if seed % 3 == 0:
        return _damaged(good, chance)
    with zipfile.ZipFile(io.BytesIO(good)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    if seed % 3 == 1:  # gently: most of these still open, and what they hold meets the checks
        name = chance.choice([name for name in parts if "/sheet" in name or "Strings" in name])
        return repacked({**parts, name: _reworded(parts[name], chance, tags=False)})
    for _ in range(chance.randint(1, 3)):
        name = chance.choice(list(parts))
        kind = chance.random()
        if kind < 0.05:
            del parts[name]
        elif kind < 0.1:
            parts[name] = parts[chance.choice(list(parts))]
        elif kind < 0.4:
            parts[name] = _damaged(parts[name], chance)
        else:
            parts[name] = _reworded(parts[name], chance)
    return repacked(parts)


def _damaged(content: bytes, chance: random.Random) -> bytes:
    result = bytearray(content)
    for _ in range(chance.randint(1, 8)):
        at, other = sorted(chance.randrange(len(result) + 1) for _ in range(2))
        span = min(other, at + chance.choice((1, 4, 60, 3000)))
        kind = chance.randrange(5)
        if kind == 0 and result:
            result[min(at, len(result) - 1)] ^= 1 << chance.randrange(8)
        elif kind == 1:
            del result[at:span]
        elif kind == 2:
            result[at:at] = result[at:span]
        elif kind == 3:
            result[at:span] = bytes(chance.randrange(256) for _ in range(min(span - at, 60)))
        elif chance.random() < 0.1:
            del result[at:]
    return bytes(result)


def _reworded(content: bytes, chance: random.Random, *, tags: bool = True) -> bytes:
    """The part with some values, attributes and perhaps tags replaced by hostile words, or by one another."""
    values = rb'(?<=>)[^<>]+(?=<)|(?<=")[^"<>=]*(?=")'
    words = list(re.finditer(values + rb"|(?<=<)\w+" if tags else values, content))
    for word in sorted(chance.sample(words, min(len(words), chance.randint(1, 4))), key=lambda w: -w.start()):
        new = chance.choice(HOSTILE_WORDS) if chance.random() < 0.8 else chance.choice(words)[0]
        content = content[: word.start()] + new + content[word.end() :]
    return content


def _child(task: dict[str, object]) -> list[Outcome]:
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.confined"],
        input=json.dumps(task),
        capture_output=True,
        text=True,
        check=True,
        env=environment,
        cwd=Path(__file__).parents[2],
    )
    return [
        Outcome(o["death"], tuple(tuple(issue) for issue in o["issues"]), o["memory"], o["seconds"])
        for o in map(json.loads, done.stdout.splitlines())
    ]


def _parent() -> None:
    import tempfile

    import budgetmodel as bm
    from budgetmodel.excel.read import sheet_xml, workbook  # noqa: F401  # imported before the forks

    bm.check(__file__)
    task = json.load(sys.stdin)
    if "paths" in task:
        for path in task["paths"]:
            print(json.dumps(_forked(Path(path))), flush=True)
        return
    good = Path(task["good"]).read_bytes()
    bm.check(task["good"])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mutant.xlsx"
        for seed in task["seeds"]:
            path.write_bytes(mutant(good, seed))
            print(json.dumps(_forked(path)), flush=True)


def _forked(path: Path) -> dict[str, object]:
    """Check one file in a fork with limits; what it found, or how it died."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            answer = _checked(path)
        except BaseException as error:  # whatever it is, it is what the test looks for
            answer = {"death": repr(error), "issues": []}
        with os.fdopen(writing, "w") as stream:
            json.dump(answer, stream)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as stream:
        text = stream.read()
    _, status, usage = os.wait4(child, 0)
    answer = json.loads(text) if text else {"death": f"ended with status {status}", "issues": []}
    return {**answer, "memory": usage.ru_maxrss * 1024, "seconds": usage.ru_utime + usage.ru_stime}


def _checked(path: Path) -> dict[str, object]:
    import resource
    import signal

    import budgetmodel as bm

    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_CPU, (4 * SECONDS, 4 * SECONDS))
    signal.alarm(20 * SECONDS)  # other tests may hold the processor
    try:
        issues = bm.check(path)
    except bm.FileTrouble as trouble:
        return {"death": "", "issues": [("FileTrouble", "error", "", str(trouble))]}
    return {"death": "", "issues": [(i.code, i.severity, i.where, i.sentence) for i in issues]}


if __name__ == "__main__":
    _parent()
