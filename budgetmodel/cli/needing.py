"""`need`: from NHS England's practice file to the rows of Needs."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from budgetmodel.cli.options import JsonOption
from budgetmodel.cli.say import ISSUES_SHOWN, json_issues, print_json
from budgetmodel.contract.issues import BadCommand, InputErrors, Issue

if TYPE_CHECKING:
    import pandas as pd

    from budgetmodel.needs import Need

NEEDING: Mapping[str, object] = {
    name: [] for name in ("needs", "indices", "columns", "targets", "by_weight", "by_geography", "issues", "files")
}
"""The JSON object of the command before it is filled in."""


def need(
    practices: Annotated[Path, typer.Argument(help="NHS England's practice file (.xlsx or .csv).", show_default=False)],
    by: Annotated[
        str, typer.Option(metavar="PLACES", help="council, district, sub-ICB, PCN, ICB, practice, or a mapping file.")
    ] = "council",
    into: Annotated[
        Path | None, typer.Option(metavar="WORKBOOK", help="Write a copy of this workbook with the needs in it.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="OUT", help="A new .csv or .xlsx with the rows of Needs.")
    ] = None,
    icb: Annotated[str | None, typer.Option(help="Only the practices of this ICB: its code or name.")] = None,
    sheet: Annotated[str | None, typer.Option(help="The sheet of the practices, where there are several.")] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(metavar="FIELD=HEADING", help='Name a column: "Core weighted population=WP"; repeatable.'),
    ] = None,
    period: Annotated[str | None, typer.Option(help="The year that the populations are of: 2025/26.")] = None,
    england: Annotated[
        Path | None, typer.Option(help="A table that adds up to England, for the index against it.")
    ] = None,
    exact: Annotated[bool, typer.Option("--exact", help="Show indices in full, not to three decimals.")] = False,
    money: Annotated[
        float | None, typer.Option(metavar="MILLIONS", help="£m to share by need: targets, and what changes them.")
    ] = None,
    stream: Annotated[str, typer.Option(help="Whose need shares the money: core, or primary medical.")] = "core",
    against: Annotated[
        str | None, typer.Option(metavar="PLACES", help="With --money: what moves if places are these, as in --by.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Needs of places from NHS England's practice file; no file that is there is written to."""
    from budgetmodel.needs import need as need_of
    from budgetmodel.needs.output import refuse_output, shared_by_need, shared_lines
    from budgetmodel.report.console.run import issue_lines

    target = _target(into, output)
    if target is not None and into is None:
        refuse_output(target)
    try:
        grouped = partial(need_of, practices, icb=icb, sheet=sheet, columns=_named(column), period=period)
        found = grouped(by=by, england=england)
        other = grouped(by=against) if against is not None else None
        shared = shared_by_need(found, other, money, stream)
        files, more = _written(found, shared, into, target)
    except InputErrors as refused:
        if not as_json:
            for line in issue_lines(refused.issues, ISSUES_SHOWN):
                typer.echo(line, err=True)
            raise typer.Exit(refused.exit_code) from None
        raise
    issues = (*found.issues, *more)
    if as_json:
        print_json(
            {
                "needs": _records(found.needs),
                "indices": _records(found.indices if exact else found.shown()),
                "columns": _records(found.columns),
                **{name: _records(frame) for name, frame in shared.items()},
                "issues": json_issues(issues),
                "files": files,
            }
        )
        return
    _show(found, exact=exact)
    for line in shared_lines(shared):
        typer.echo(line)
    for line in ("", *issue_lines(issues, ISSUES_SHOWN)) if issues else ():
        typer.echo(line)
    for file in files:
        typer.echo(f"Wrote {file}.")
    if into is not None:
        typer.echo(f'Next: python -m budgetmodel check "{files[0]}"')
    elif not files:
        typer.echo("Nothing was written: -o OUT.xlsx or OUT.csv keeps it, --into WORKBOOK.xlsx makes a copy with it.")


def _target(into: Path | None, output: Path | None) -> Path | None:
    if into is not None and output is None:
        return into.with_name(f"{into.stem}_with_need.xlsx")
    return output


def _named(columns: list[str] | None) -> dict[str, str]:
    named: dict[str, str] = {}
    for words in columns or ():
        field, sign, heading = words.partition("=")
        if not (sign and field.strip() and heading.strip()):
            raise BadCommand(f"--column '{words}' is not FIELD=HEADING, such as \"Registered population=GP_pop\".")
        named[field.strip()] = heading.strip()
    return named


def _written(
    found: Need, shared: Mapping[str, pd.DataFrame], into: Path | None, target: Path | None
) -> tuple[list[str], tuple[Issue, ...]]:
    from budgetmodel.needs import write_into
    from budgetmodel.needs.output import write_output

    if target is None:
        return [], ()
    if into is not None:
        path, issues = write_into(found, into, target)
        return [str(path)], issues
    return [str(write_output(found, target, shared))], ()


def _records(frame: pd.DataFrame) -> list[dict[str, object]]:
    """The rows as JSON has them, a blank as null."""
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in rows]


def _show(found: Need, *, exact: bool) -> None:
    for heading, name, how in found.columns[["heading", "field", "how"]].itertuples(index=False):
        typer.echo(f"'{heading}' was taken for {name}{'' if how == 'spelling' else f' ({how})'}.")
    typer.echo()
    table = found.indices if exact else found.shown()
    against = "index_icb" if table["index_icb"].notna().any() else "index_england"
    what = "its ICB" if against == "index_icb" else "England"
    typer.echo(f"Relative need index against {what} (1 = the same need per head):")
    wide = table.pivot(index="place", columns="measure", values=against)[list(dict.fromkeys(table["measure"]))]
    people = table.drop_duplicates("place").set_index("place")["registered"].round().astype(int)
    for place in wide.index:
        typer.echo(f"  {place}: {people[place]:,} registered")
        for measure, index in wide.loc[place].items():
            if measure != "Registered population" and index == index:
                typer.echo(f"    {measure}: {index if exact else format(index, '.3f')}")
