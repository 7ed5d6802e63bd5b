"""`need`: from NHS England's practice file to the rows of Needs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from budgetmodel.cli.options import JsonOption
from budgetmodel.cli.say import ISSUES_SHOWN, json_issues, print_json
from budgetmodel.contract.issues import BadCommand, InputErrors, Issue

if TYPE_CHECKING:
    from budgetmodel.needs import Need


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
    as_json: JsonOption = False,
) -> None:
    """Needs of places from NHS England's practice file; no file that is there is written to."""
    from budgetmodel.needs import need as need_of
    from budgetmodel.needs.output import refuse_output
    from budgetmodel.report.console.run import issue_lines

    target = _target(into, output)
    if target is not None and into is None:
        refuse_output(target)
    try:
        found = need_of(practices, by=by, icb=icb, sheet=sheet, columns=_named(column), period=period, england=england)
        files, more = _written(found, into, target)
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
                "issues": json_issues(issues),
                "files": files,
            }
        )
        return
    _show(found, issues, exact=exact)
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


def _written(found: Need, into: Path | None, target: Path | None) -> tuple[list[str], tuple[Issue, ...]]:
    from budgetmodel.needs import write_into
    from budgetmodel.needs.output import write_output

    if target is None:
        return [], ()
    if into is not None:
        path, issues = write_into(found, into, target)
        return [str(path)], issues
    return [str(write_output(found, target))], ()


def _records(frame: object) -> list[dict[str, object]]:
    import pandas as pd

    table = pd.DataFrame(frame)
    return table.astype(object).where(table.notna(), None).to_dict("records")


def _show(found: Need, issues: tuple[Issue, ...], *, exact: bool) -> None:
    from budgetmodel.report.console.run import issue_lines

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
    if issues:
        typer.echo()
        for line in issue_lines(issues, ISSUES_SHOWN):
            typer.echo(line)
