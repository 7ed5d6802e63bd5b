"""The other commands, and the Python interface."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import budgetmodel as bm
from tests.freeze.desk import Desk
from tests.support.organisations import with_terms
from tests.support.random_books import random_book

COMMANDS = ("run", "check", "explain", "template", "diff", "compare", "demo", "doctor", "version")

SLIPS = (
    ("rnu",),
    ("run",),
    ("run", "tiny_1.xlsx", "--scenario", "Pool"),
    ("run", "tiny_1.xlsx", "--solver", "high"),
    ("run", "tiny_1.xlsx", "--set", "Funding.Amount[Core] = 5"),
    ("run", "tiny_1.xlsx", "--set", "Funding.Amount[Source=Cora] = 5", "--json"),
    ("run", "tiny_1.xlsx", "--explain", "--by", "place"),
    ("run", "tiny_1.xlsx", "-o", "tiny_1.xlsx"),
    ("run", "tiny_1.xlsx", "--pack", "nowhere.csv"),
    ("explain", "tiny_1.xlsx", "--scenario", "Split", "Nowhere"),
    ("compare", "outputs/tiny_1"),
    ("compare", "nowhere", "outputs/tiny_1", "--json"),
    ("template", "tiny_1.xlsx"),
    ("diff", "tiny_1.xlsx", "nowhere.xlsx", "--json"),
)
"""Commands that are refused."""


def freeze_templates(desk: Desk) -> None:
    """The template, the worked example, the help of every command, and what is known of this machine."""
    desk.command("template", "template", "blank.xlsx")
    desk.file(Path("blank.xlsx"), "blank.xlsx")
    desk.command("template_example", "template", "example.xlsx", "--example", "--json")
    desk.file(Path("example.xlsx"), "example.xlsx")
    desk.command("check_blank", "check", "blank.xlsx")
    desk.command("demo", "demo", "my demo")
    desk.keep("demo_files.txt", "".join(f"{path.as_posix()}\n" for path in sorted(Path("my demo").rglob("*"))))
    desk.command("help", "--help")
    for name in COMMANDS:
        desk.command(f"help_{name}", name, "--help")
    desk.command("version", "version")
    # The details of doctor are this machine's: only what it looks at is kept.
    checks = json.loads(desk.answer("doctor", "--json").partition("---- output\n")[2].partition("---- errors")[0])
    desk.keep("doctor.txt", "".join(f"{each['check']}: {each['ok']}\n" for each in checks["checks"]))


def freeze_two(desk: Desk) -> None:
    """`diff` of two workbooks and `compare` of their results; a run that is remembered; commands that are refused."""
    book = random_book(1, "tiny")
    book.save("tiny_1.xlsx")
    desk.command("first", "run", "tiny_1.xlsx")
    desk.command("remembered", "run", "tiny_1.xlsx", "--scenario", "Split")
    desk.file(Path("outputs/tiny_1/run.csv"), "remembered_run.csv")
    desk.command("fresh", "run", "tiny_1.xlsx", "--scenario", "Split", "--scenario", "Pooled", "--fresh")
    book["Funding"][0]["Amount"] *= 1.02
    book["Rules"].pop()
    book.add("Indicators", Indicator="Life expectancy", Place=book["Places"][0]["Place"], Value=80)
    book.save("later.xlsx", layout="thousands")
    desk.command("second", "run", "later.xlsx")
    for words in (("diff", "tiny_1.xlsx", "later.xlsx"), ("compare", "outputs/tiny_1", "outputs/later/results.xlsx")):
        desk.command(words[0], *words)
        desk.command(f"{words[0]}_json", *words, "--json")
    desk.command("compare_same", "compare", "outputs/tiny_1", "outputs/later", "--same-tables")
    place = book["Places"][0]["Place"]
    desk.command("explain_by_measure", *("explain", "tiny_1.xlsx", place, "--scenario", "Split", "--by", "measure"))
    desk.keep("refused.txt", "".join(desk.answer(*words) for words in SLIPS))


def freeze_interface(desk: Desk, size: str, seed: int) -> None:
    """What `import budgetmodel as bm` gives: frames of results, comparison, what if, explanation and difference."""
    book = with_terms(random_book(seed, size), seed)
    path = book.save(f"{size}_{seed}.xlsx")
    desk.keep("names.txt", "".join(f"{name}\n" for name in sorted(bm.__all__)))
    issues = bm.check(path)
    desk.keep("issues.txt", desk.plain("".join(f"{issue}\n{issue.sentence}\n" for issue in issues)))
    budget = bm.read(path)
    name = next(iter(budget.scenarios))
    results = bm.solve_all(budget)
    for scenario, result in results.items():
        for frame, rows in result.frames.items():
            desk.frame(f"results/{scenario}/{frame}", rows)
    for folder, comparison in (("alone", bm.compare(results)), ("ranked", bm.compare(results, budget))):
        desk.frame(f"compare_{folder}/metrics", comparison.metrics)
        desk.frame(f"compare_{folder}/differences", comparison.differences)
        for frame, rows in comparison.frames.items():
            desk.frame(f"compare_{folder}/frames/{frame}", rows)
    try:
        desk.keep("comparison_set.txt", f"{bm.comparison_set(results)}\n")
    except bm.InputErrors as refused:
        desk.keep("comparison_set.txt", f"{refused}\n")
    explanation: Any = bm.explanation  # which `bm` fetches when it is used, so that its type is not known
    explained = explanation(results[name], results)
    desk.keep("explanation/first.txt", "".join(f"{sentence}\n" for sentence in explained.first))
    for frame, rows in explained.frames.items():
        desk.frame(f"explanation/{frame}", rows)
    first = book["Funding"][0]["Source"]
    variants = {
        "1% more": budget.changed("Funding", field="Amount", multiply=1.01),
        "less of one": budget.changed("Funding", where={"Source": first}, field="Amount", multiply=0.9, reason="less"),
        "none of one": budget.changed("Funding", where={"Source": first}, field="Amount", to=0),
        "fees": budget.changed("Contracts", field="Fee", to=0.03),
        "rule": budget.changed("Rules", where={"Rule": book["Rules"][0]["Rule"]}, field="Value", to=0.001),
    }
    desk.frame("what_if", bm.what_if(budget, name, variants, places=True))
    more = bm.solve(variants["1% more"], name)
    desk.frame("changed/changes", more.changes)
    desk.frame("changed/metrics", more.frames["metrics"])
    book["Funding"][0]["Amount"] *= 1.02
    desk.frame("diff", bm.diff(path, book.save("later.xlsx")))
    written = bm.write_results({name: results[name]}, "alone/results.xlsx", publish=True)
    desk.keep("written.txt", "".join(f"{Path(each).as_posix()}\n" for each in written))
    desk.files(Path("alone"), "alone")
