"""What Excel lets be typed into a column: the same bounds and choices that the checks apply, from the same record.

A rule is a dict of xlsxwriter's `data_validation` options. What a check refuses is refused with a sentence that says
what to type; where more may be typed than a list can name (selectors), the list offers and refuses nothing.
"""

from __future__ import annotations

from typing import Any

from xlsxwriter.utility import xl_col_to_name

from budgetmodel.checks.cells import LARGEST
from budgetmodel.contract.schema import NEEDS, SELECTED_NAMES, YEARS, Column, Kind, Sheet
from budgetmodel.contract.selectors import ALL, FORBIDDEN
from budgetmodel.excel.template.layout import FIRST_ROW, Field, Written, cells_of, letter_of, names_of, table_end
from budgetmodel.excel.template.lists import named

LIST_LIMIT = 255
"""Characters that Excel allows in a list written into a cell's rule, in a formula of one, and in its messages."""

TITLE_LIMIT = 32
"""Characters that Excel allows in the title of a message."""

NUMERIC = (Kind.NUMBER, Kind.MONEY, Kind.PERCENT)


def validation(sheet: Sheet, number: int, written: Written) -> dict[str, Any]:
    """The rule of a column with its messages: empty when anything goes and there is nothing to say."""
    field = written[sheet.name][number]
    if field.extra:
        return {}
    rule = rule_of(sheet, number, written)
    note = note_of(field.column)
    if not rule and not note:
        return {}
    fix = rule.pop("fix", "")
    options: dict[str, Any] = {"validate": "any", **rule}
    if note:
        options |= {"input_title": field.column.name[:TITLE_LIMIT], "input_message": note[:LIST_LIMIT]}
    if fix:
        options |= {"error_title": field.column.name[:TITLE_LIMIT], "error_message": str(fix)[:LIST_LIMIT]}
    else:
        options["show_error"] = False
    return options


def rule_of(sheet: Sheet, number: int, written: Written) -> dict[str, Any]:
    """The rule of a column, with the sentence that goes with a refusal under `fix`; without one nothing is refused."""
    field = written[sheet.name][number]
    column = field.column
    cell = f"{xl_col_to_name(number)}{FIRST_ROW + 1}"
    if column.kind in NUMERIC or (column.kind is Kind.RAW and column.cells == "number"):
        return _number(column, cell)
    if column.kind is Kind.MEMBER or (column.kind is Kind.YEAR and column.refers):
        fix = f"Choose a name from the list, or add it to the sheet {column.refers} first."
        return {"validate": "list", "source": names_of(written, column.refers), "fix": fix}
    if column.kind is Kind.YEAR:
        return _year(field, sheet, number, written)
    if column.kind is Kind.NAME:
        return _name(field, sheet, number, written)
    if column.kind is Kind.SELECTOR:
        return {"validate": "list", "source": names_of(written, column.refers)}
    if column.offers:
        return {"validate": "list", "source": offered(column, sheet, written)}
    if column.refers == NEEDS:
        return _need_measure(column, cell, written)
    return _choices(column)


def offered(column: Column, sheet: Sheet, written: Written) -> str:
    """The list of a column that follows the Table of its row: names that are made in `lists`, found by INDIRECT."""
    if column.offers == "years":
        return names_of(written, YEARS)
    table = f"${letter_of(written, sheet.name, 'Table')}{FIRST_ROW + 1}"
    cells = f'INDIRECT("{named(column.offers, "")}"&SUBSTITUTE({table}," ","_"))'
    return f"={cells}" if column.offers == "fields" else f"=OFFSET({cells},0,0,MAX(1,COUNTA({cells})),1)"


def _choices(column: Column) -> dict[str, Any]:
    """A list of the choices, or of what is suggested; one too long for Excel is left to the check."""
    listed = column.choices or column.suggest
    if not listed or len(",".join(listed)) > LIST_LIMIT:
        return {}
    rule: dict[str, Any] = {"validate": "list", "source": list(listed)}
    if column.choices:
        fix = f"Choose one of: {', '.join(column.choices)}."
        rule["fix"] = fix if len(fix) <= LIST_LIMIT else "Choose one of the list."
    return rule


def _number(column: Column, cell: str) -> dict[str, Any]:
    """The range of a figure: at least `low`, more than `above`, at most `high`; words that stand for one are let in."""
    words = f", or type {' or '.join(column.choices)}" if column.choices else ""
    hint = " (2% is 0.02 or 2%)" if column.kind is Kind.PERCENT else ""
    fix = f"Type a number{hint}{range_words(column)}{words}."
    low = -LARGEST if column.low is None else column.low
    high = LARGEST if column.high is None else column.high
    if column.above is None and not column.choices:
        return {"validate": "decimal", "criteria": "between", "minimum": low, "maximum": high, "fix": fix}
    least = f"{cell}>{column.above:g}" if column.above is not None else f"{cell}>={low:g}"
    figure = f"AND(ISNUMBER({cell}),{least},{cell}<={high:.0f})"
    allowed = ",".join(f'{cell}="{word}"' for word in column.choices)
    return {"validate": "custom", "value": f"=OR({allowed},{figure})" if allowed else f"={figure}", "fix": fix}


def _year(field: Field, sheet: Sheet, number: int, written: Written) -> dict[str, Any]:
    """A financial year: four digits, a stroke, and the last two digits of the year after."""
    cell = f"{xl_col_to_name(number)}{FIRST_ROW + 1}"
    year = f'{cell}=TEXT(LEFT({cell},4),"0000")&"/"&TEXT(MOD(LEFT({cell},4)+1,100),"00")'
    once = _once(field, sheet, number, written)
    fix = "Type the financial year as text, such as 2025/26, and each year once."
    return {"validate": "custom", "value": f"=AND({year}{once})", "fix": fix}


def _name(field: Field, sheet: Sheet, number: int, written: Written) -> dict[str, Any]:
    """A name: without signs that separate names, not the word that selectors take for everyone, and only once."""
    cell = f"{xl_col_to_name(number)}{FIRST_ROW + 1}"
    signs = ",".join(f'ISERROR(FIND("{sign}",{cell}))' for sign in FORBIDDEN)
    once = _once(field, sheet, number, written)
    selected = field.column.name in SELECTED_NAMES
    not_all = f',LOWER(TRIM({cell}))<>"{ALL}"' if selected else ""
    conditions = [f"is not '{ALL}'"] * selected + ["does not stand in another row"] * bool(once)
    that = f" that {' and '.join(conditions)}" if conditions else ""
    fix = f"Type a name without {' '.join(FORBIDDEN)}{that}."
    return {"validate": "custom", "value": f"=AND({signs}{not_all}{once})", "fix": fix}


def _once(field: Field, sheet: Sheet, number: int, written: Written) -> str:
    """The condition that a key of one column stands in one row only."""
    if sheet.key != (field.column.name,) or sheet.dated:  # a row per member and years
        return ""
    letter = xl_col_to_name(number)
    cells = f"{letter}${FIRST_ROW + 1}:{letter}${table_end(written[sheet.name])}"
    return f",SUMPRODUCT(--({cells}={letter}{FIRST_ROW + 1}))<2"  # COUNTIF would read * and ? as patterns


def _need_measure(column: Column, cell: str, written: Written) -> dict[str, Any]:
    """A need measure that the sheet Needs knows, or a word that stands for one."""
    known = f"SUMPRODUCT(--({cells_of(written, NEEDS, 'Need measure')}={cell}))>0"
    words = [f'{cell}="{word}"' for word in column.suggest]
    formula = f"=OR({','.join([*words, known])})" if words else f"={known}"
    instead = "".join(f", or {word}" for word in column.suggest)
    fix = f"Type a need measure as it stands in the sheet {NEEDS}{instead}; add it there first if it is new."
    return {"validate": "custom", "value": formula, "fix": fix}


def range_words(column: Column) -> str:
    """The bounds of a column's figures in words, with a comma before; nothing when there are none."""
    parts = [f"more than {column.above:g}"] if column.above is not None else []
    parts += [f"at least {column.low:g}"] if column.low is not None else []
    parts += [f"at most {column.high:g}"] if column.high is not None else []
    return f", {' and '.join(parts)}" if parts else ""


def note_of(column: Column) -> str:
    """What is said when a cell is chosen: the contract's note, what blank means, an example."""
    parts = [column.note] if column.note else []
    if column.kind is Kind.SELECTOR:
        parts.append("Separate with ; and except with not: all; not Name. An attribute: tag: Name")
    if column.default is not None and "blank" not in column.note.casefold():
        parts.append(f"Blank = {default_words(column)}")
    if column.kind in NUMERIC and (bounds := range_words(column)):
        parts.append(f"A number{bounds}")
    if column.example:
        parts.append(f"Example: {column.example}")
    if not parts:
        parts.append(f"The {column.name.lower()}" + (": must be filled" if column.must_be_filled else ""))
    return ". ".join(part.rstrip(".") for part in parts) + "."


def default_words(column: Column) -> str:
    """What a blank cell counts as, as a person would type it."""
    if column.kind is Kind.PERCENT and isinstance(column.default, float):
        return f"{column.default:.0%}"
    return f"{column.default:g}" if isinstance(column.default, float) else str(column.default)
