"""The names of the README are typed, and wrong ones are errors: by mypy, and by pyright's rules."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

WRONG = """
import budgetmodel as bm

budget = bm.read("inputs/greater_manchester.xlsx")
r = bm.solve(budget, "Pooled")
bm.slove(budget, "Pooled")
r.alocation
budget.changed("Rules", vlaue=1)
bm.explanation(r).price
bm.solve("inputs/greater_manchester.xlsx", "Pooled")
bm.compare([r])
"""
"""From line 6 on, every line is wrong."""

RIGHT = """
import pandas as pd

import budgetmodel as bm


def spent(result: bm.Result, by: str) -> pd.DataFrame:
    return result.spend(by)


def told(error: bm.Infeasible, version: str = bm.__version__) -> bm.Infeasibility | None:
    return error.explanation


def sentences(explained: bm.Explanation, inputs: bm.Inputs, steps: bm.Waterfall) -> tuple[str, ...]:
    return explained.first + inputs.places + steps.idle


def same(one: bm.Comparison, other: bm.Comparison) -> bool:
    return one == other and hash(one) == hash(other) and one.content_hash == other.content_hash
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("typing")
    [block] = re.findall(r"^```python\n(.*?)^```", (ROOT / "README.md").read_text(encoding="utf-8"), re.M | re.S)
    texts = {"readme": block, "right": RIGHT, "wrong": WRONG}
    for name, text in texts.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    return {name: folder / f"{name}.py" for name in texts}


def wrong_lines() -> set[int]:
    return set(range(6, len(WRONG.splitlines()) + 1))


def test_mypy_reads_the_readme(files: dict[str, Path]) -> None:
    pytest.importorskip("mypy")
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", *map(str, files.values())]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=280)
    # The library itself is linted, against the locked PuLP: a user's mypy says nothing of what is installed.
    errors = [line for line in done.stdout.splitlines() if ": error:" in line]
    found = [line for line in errors if not line.startswith("budgetmodel/")]
    assert [line for line in found if "wrong.py" not in line] == [], done.stdout + done.stderr
    assert {int(line.split("wrong.py:")[1].split(":")[0]) for line in found} == wrong_lines(), done.stdout


def test_pyright_reads_the_readme(files: dict[str, Path]) -> None:
    # basedpyright brings pyright and its node as wheels: nothing is downloaded when it runs.
    pytest.importorskip("basedpyright")
    settings = {"typeCheckingMode": "standard", "extraPaths": [str(ROOT)], "include": [str(f) for f in files.values()]}
    folder = files["readme"].parent
    (folder / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    command = [sys.executable, "-m", "basedpyright", "--outputjson", "--project", str(folder)]
    command += ["--pythonpath", sys.executable]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=280)
    found = [each for each in json.loads(done.stdout)["generalDiagnostics"] if each["severity"] == "error"]
    assert [each for each in found if "wrong.py" not in each["file"]] == [], done.stdout
    assert {each["range"]["start"]["line"] + 1 for each in found} == wrong_lines(), done.stdout
