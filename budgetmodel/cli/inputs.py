"""`check`, `template`, `diff` and `demo`: input workbooks, without solving anything."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from budgetmodel.cli.options import JsonOption, PackOption, SetOption, WorkbookArgument
from budgetmodel.cli.say import json_issues, one_for_all_record, print_issues, print_json, say
from budgetmodel.contract.issues import BadCommand, FileTrouble, InputErrors, Issue
from budgetmodel.contract.status import CANNOT

if TYPE_CHECKING:
    from budgetmodel.comparison.one_for_all import OneForAll
    from budgetmodel.reading import Checked


def check(
    workbook: WorkbookArgument,
    annotate: Annotated[
        Path | None, typer.Option(metavar="COPY.xlsx", help="Write a copy with the problem cells marked.")
    ] = None,
    change: SetOption = None,
    pack: PackOption = None,
    solve: Annotated[
        bool, typer.Option("--solve", help="Find out of every scenario whether it can be met, however long it takes.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """List every problem of a workbook, and which scenarios cannot be met; the workbook is never written to."""
    from budgetmodel import reading

    if annotate is not None:
        from budgetmodel.excel.annotate import file_hash
        from budgetmodel.excel.changed_copy import refuse_copy

        refuse_copy(workbook, annotate)
        before = file_hash(workbook)
    found = reading.checked(workbook, change or (), pack or (), solve=solve)
    issues, one = found.issues, _one_for_all(found)
    if not as_json:
        print_issues(issues, workbook.name, verdicts=found.scenarios)
        _print_one_for_all(one)
    if annotate is not None:
        _annotate(workbook, annotate, issues, before, quiet=as_json)
    if as_json:  # last, so that a copy that cannot be written is reported in the one object
        scenarios = [
            {"scenario": name, "status": verdict.status, "way_out": verdict.way_out}
            for name, verdict in found.scenarios.items()
        ]
        unmet = any(verdict.status == CANNOT for verdict in found.scenarios.values())
        verdicts: dict[str, object] = {"scenarios": scenarios, **one_for_all_record(one)} if unmet else {}
        print_json({"issues": json_issues(issues), **verdicts})
    if found.exit_code:
        raise typer.Exit(found.exit_code)


def template(
    file: Annotated[Path, typer.Argument(help="The new workbook (.xlsx).", show_default=False)],
    example: Annotated[bool, typer.Option("--example", help="The worked example instead of blank tables.")] = False,
    places: Annotated[
        str | None, typer.Option(metavar="NUMBER|NAMES", help='Fill in places: 3, or "Bury; Bolton; Wigan".')
    ] = None,
    years: Annotated[
        str | None, typer.Option(metavar="YEARS", help="Fill in years: 2026/27-2028/29. Goes with --places.")
    ] = None,
    services: Annotated[
        Path | None, typer.Option(metavar="FILE.csv", help="Fill in services: a name a line, or columns of Services.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Write a blank input workbook, one with its names filled in, or the worked example; never over a file."""
    from budgetmodel.excel.template.input_workbook import blank_tables, write_new

    asked = [places, years, services]
    if any(value is not None for value in asked):
        if example or places is None or years is None or services is None:
            raise BadCommand("--places, --years and --services go together, without --example.")
        from budgetmodel.excel.template.prefilled import Start, places_of, prefilled_tables, services_of, years_of

        start = Start(places_of(places), years_of(years), services_of(services))
        path = write_new(prefilled_tables(start), file)
    elif example:
        from budgetmodel.examples.greater_manchester import tables

        path = write_new(tables(), file)
    else:
        path = write_new(blank_tables(), file)
    if as_json:
        print_json({"files": [str(path)]})
    else:
        typer.echo(f"Wrote {path}: {_what_is_written(example, places)}.")
        typer.echo(f'Next: fill in the yellow cells, save, and: python -m budgetmodel check "{path}"')


def _what_is_written(example: bool, places: str | None) -> str:  # what the option was
    if places is not None:
        return "names and combinations are filled in; type the amounts, and delete rows of what nobody spends"
    return "the worked example" if example else "a blank workbook; its Guide sheet helps"


def diff(
    before: Annotated[Path, typer.Argument(help="The earlier input workbook.", show_default=False)],
    after: Annotated[Path, typer.Argument(help="The later input workbook.", show_default=False)],
    as_json: JsonOption = False,
) -> None:
    """List what changed between two input workbooks: rows by their key, with the cells of both."""
    from budgetmodel.scenarios.difference import change_lines, diff

    try:
        changes = diff(before, after)
    except InputErrors as refused:
        if as_json:
            raise
        print_issues(refused.issues, f"{before.name} and {after.name}", err=True)
        raise typer.Exit(refused.exit_code) from None
    if as_json:
        print_json({"changes": changes.to_dict("records")})
        return
    for line in change_lines(changes, before.name, after.name):
        typer.echo(line)


def demo(
    folder: Annotated[Path, typer.Argument(help="A new folder for the worked example.", show_default=False)],
    as_json: JsonOption = False,
) -> None:
    """Put the worked example into a new folder."""
    from budgetmodel.examples import NAME, write_example

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileTrouble(f"'{folder}' exists already. Name a new folder.")
    path = write_example(folder / NAME)
    if as_json:
        print_json({"files": [str(path)]})
    else:
        typer.echo(f"Wrote {path}: a worked example, illustrative where its About sheet says so.")
        typer.echo(f'Next: python -m budgetmodel run "{path}"')


def _one_for_all(found: Checked) -> OneForAll | None:
    """The change with which all scenarios can be met that cannot, where the ways out of all are known."""
    unmet = [verdict for verdict in found.scenarios.values() if verdict.status == CANNOT]
    known = [verdict.explanation for verdict in unmet if verdict.explanation is not None]
    if found.budget is None or len(unmet) < 2 or len(known) < len(unmet):
        return None
    from budgetmodel.comparison.one_for_all import one_for_all

    return one_for_all(found.budget, known)


def _print_one_for_all(one: OneForAll | None) -> None:
    from budgetmodel.report.console.conflicts import one_for_all_lines

    for line in one_for_all_lines(one) if one is not None else ():
        typer.echo(line)


def _annotate(workbook: Path, copy: Path, issues: Sequence[Issue], before: str, *, quiet: bool) -> None:
    """Write the marked copy and print its name; a workbook that cannot be opened gets none."""
    from budgetmodel.excel.annotate import annotate

    try:
        annotate(workbook, copy, issues, before)
    except InputErrors:
        say(f"No marked copy was made: '{workbook.name}' cannot be opened.")
        return
    if not quiet:
        typer.echo(f"Marked copy: {copy}. Its first sheet lists every problem with a link to its cell.")
