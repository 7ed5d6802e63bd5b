"""Selectors: which members a row speaks of, as the words of a cell say."""

from __future__ import annotations

from pathlib import Path

import pytest

import budgetmodel as bm
from budgetmodel.contract.issues import errors
from budgetmodel.contract.selectors import Members, SelectorError, parts, select
from tests.support.builder import two_places, with_years
from tests.support.types import Read


def members(dimension: str, rows: dict[str, dict[str, str]], aliases: dict[str, str] | None = None) -> Members:
    """Members with attributes: name -> column -> cell."""
    columns = {column for cells in rows.values() for column in cells}
    attributes = {
        column: {
            name: {p.casefold(): p for p in parts(cells[column])} for name, cells in rows.items() if column in cells
        }
        for column in columns
    }
    known = {name.casefold(): name for name in rows} | {a.casefold(): name for a, name in (aliases or {}).items()}
    return Members(dimension, tuple(rows), known, attributes, ordered=dimension == "year")


SERVICES = members(
    "service",
    {
        "Heart": {"programme": "Acute", "tags": "core"},
        "Dentistry, general": {"programme": "Primary care", "tags": "core; prevention"},
        "Talking": {"programme": "Mental health", "tags": "MHIS; prevention"},
        "CAR-T": {"programme": "Specialised"},
        "tag: core": {"programme": "Odd"},
        "not for sale": {"programme": "Odd"},
    },
)
ALL = ("Heart", "Dentistry, general", "Talking", "CAR-T", "tag: core", "not for sale")
PLACES = members(
    "place", {"Bury": {}, "Bolton": {}, "Wigan, west": {}}, {"Bury borough": "Bury", "Wigan": "Wigan, west"}
)
YEARS = members("year", {"2025/26": {}, "2026/27": {}, "2027/28": {}, "2028/29": {}})


def test_blank_and_all_select_everything() -> None:
    assert select(None, SERVICES).members == ALL
    assert select("  ", SERVICES).members == ALL
    assert select("All", SERVICES).members == ALL
    assert (select(None, SERVICES).blank, select("all", SERVICES).blank) == (True, False)


@pytest.mark.parametrize(
    "text,expected",
    [
        ("Heart", ["Heart"]),
        ("  hEaRt ", ["Heart"]),
        ("Talking; Heart", ["Heart", "Talking"]),  # in the order of the sheet
        ("Heart; Heart;", ["Heart"]),
        ("Dentistry, general", ["Dentistry, general"]),  # names may hold commas
        ("Dentistry, general; CAR-T", ["Dentistry, general", "CAR-T"]),
        ("programme: Mental health", ["Talking"]),
        ("PROGRAMME:mental  HEALTH", ["Talking"]),
        ("tag: prevention", ["Dentistry, general", "Talking"]),  # one of the values in a cell
        ("tags: MHIS", ["Talking"]),  # with or without a final s
        ("programmes: Acute", ["Heart"]),
        ("programme: Acute; tag: MHIS; CAR-T", ["Heart", "Talking", "CAR-T"]),
        ("tag: core", ["tag: core"]),  # an exact name wins over an attribute
        ("not for sale", ["not for sale"]),  # and over an exception
        ("not not for sale", [*ALL[:-1]]),
        ("all; not CAR-T; not programme: Odd", ["Heart", "Dentistry, general", "Talking"]),
        ("not tag: prevention; not programme: Odd", ["Heart", "CAR-T"]),  # only exceptions: all but those
        ("not CAR-T; Heart; CAR-T", ["Heart"]),  # the union first, whatever the order
        ("tags: prevention; not Talking", ["Dentistry, general"]),
    ],
)
def test_what_is_selected(text: str, expected: list[str]) -> None:
    assert list(select(text, SERVICES).members) == expected


def test_aliases_are_names() -> None:
    assert select("bury BOROUGH; wigan", PLACES).members == ("Bury", "Wigan, west")
    assert select("all; not Bury borough", PLACES).members == ("Bolton", "Wigan, west")


@pytest.mark.parametrize(
    "text,expected",
    [
        ("2026/27", ["2026/27"]),
        ("2027/28 onwards", ["2027/28", "2028/29"]),
        ("2028/29 Onwards", ["2028/29"]),
        ("2027-28 onwards", ["2027/28", "2028/29"]),
        ("FY25/26 to 2026\u201327", ["2025/26", "2026/27"]),
        ("2025/26 to 2026/27", ["2025/26", "2026/27"]),
        ("2026/27 to 2026/27", ["2026/27"]),
        ("2025/26; 2027/28 onwards", ["2025/26", "2027/28", "2028/29"]),
        ("all; not 2026/27 to 2027/28", ["2025/26", "2028/29"]),
        ("not 2027/28 onwards", ["2025/26", "2026/27"]),
    ],
)
def test_years(text: str, expected: list[str]) -> None:
    assert list(select(text, YEARS).members) == expected


@pytest.mark.parametrize(
    "text,known,part,suggestion",
    [
        ("Hart", SERVICES, "Hart", "Heart"),
        ("Heart; Dentistry general", SERVICES, "Dentistry general", "Dentistry, general"),
        ("all; not CART", SERVICES, "CART", "CAR-T"),
        ("tag: MHSI", SERVICES, "tag: MHSI", "tag: MHIS"),
        ("programe: Acute", SERVICES, "programe: Acute", "programme: Acute"),
        ("Bolten", PLACES, "Bolten", "Bolton"),
        ("Bury boro", PLACES, "Bury boro", "Bury"),
        ("2026/28", YEARS, "2026/28", "2026/27"),
        ("2026/28 onwards", YEARS, "2026/28 onwards", "2026/27 onwards"),
        ("2025/26 to 2026/28", YEARS, "2025/26 to 2026/28", "2025/26 to 2026/27"),
        ("2025/26 - 2026/27", YEARS, "2025/26 - 2026/27", "2025/26 to 2026/27"),
        ("Bury, Bolton", PLACES, "Bury, Bolton", "Bury; Bolton"),
    ],
)
def test_what_selects_nothing_is_an_error_that_suggests(text: str, known: Members, part: str, suggestion: str) -> None:
    with pytest.raises(SelectorError) as refused:
        select(text, known)
    assert refused.value.part == part
    assert suggestion in refused.value.suggestions


@pytest.mark.parametrize(
    "text,known,reason",
    [
        ("Heart; not Heart", SERVICES, "exceptions"),
        ("tag: core; not all", SERVICES, "exceptions"),
        ("Heart, CAR-T", SERVICES, "is no service"),  # a comma does not separate
        ("2027/28 to 2026/27", YEARS, "ends before"),
        ("2030/31 onwards", YEARS, "2030/31"),
        ("2026/27 onward", YEARS, "is no year"),
        ("2025/26 to 2026/27", PLACES, "is no place"),  # ranges are for years
    ],
)
def test_other_parts_that_select_nothing(text: str, known: Members, reason: str) -> None:
    with pytest.raises(SelectorError, match=reason):
        select(text, known)


# ---- through a workbook ------------------------------------------------------------------------------


def test_any_column_of_the_sheet_is_an_attribute_also_one_of_the_users_own(read: Read) -> None:
    book = two_places().add("Sources", Source="Grant", Holder="Council", Home_places="ward: East", Kind="non-recurrent")
    book.fund("Grant", [1]).set("Places", row=0, Ward="East; Hill")
    book.rule("Held", "amount", "at least", 0, Sources="holder: council")
    book.rule("Once", "amount", "at least", 0, Sources="kind: non-recurrent")
    budget = read(book)
    assert budget.frame("Sources")["Home places"].iloc[1].members == ("North",)
    assert [selection.members for selection in budget.frame("Rules")["Sources"]] == [("Grant",), ("Grant",)]


@pytest.mark.parametrize(
    "sheet, column, text",
    [
        ("Rules", "Places", "Ward: east"),
        ("Rules", "Places", "all; not wards : East"),
        ("Rules", "Of", "places=ward: East // services=all"),
        ("Changes", "Where", "Ward=East"),
        ("Changes", "Value", "ward: East"),
        ("Rules", "Places", None),
        ("Rules", "Services", "all"),
    ],
)
def test_a_column_of_ones_own_that_a_selector_goes_by_is_used(
    tmp_path: Path, sheet: str, column: str, text: str | None
) -> None:
    book = two_places().set("Places", row=0, Ward="East")
    book.rule("Floor", "share", "at least", 0, Places="North", Of="places=all")
    book.change("Base", "Places", "set", Where="Place=North", Field="Group", Value="West")
    book.set(sheet, row=0, **{column: text})
    used = text is not None and "ward" in text.casefold()
    assert ("COL_UNUSED" in {issue.code for issue in bm.check(book.save(tmp_path / "in.xlsx"))}) == (not used)


@pytest.mark.parametrize("group, says", [("", "the column 'group' is blank"), (None, "has no column 'group'")])
def test_a_blank_column_is_told_from_one_that_is_not_there(tmp_path: Path, group: str | None, says: str) -> None:
    book = two_places().rule("Floor", "change", "at least", -0.5, Places="group: West")
    rename = {"Places.Group": "Ward"} if group is None else {}
    [issue] = errors(bm.check(book.save(tmp_path / "in.xlsx", rename=rename)))
    assert says in issue.found


def test_aliases_are_known_in_every_sheet(read: Read) -> None:
    book = two_places().set("Places", row=0, Also_known_as="The north; Northshire")
    book.set("Baseline", row=0, Place="northshire").set("Needs", row=0, Place="the  NORTH")
    book.rule("Floor", "change", "at least", -0.5, Places="Northshire")
    budget = read(book)
    assert list(budget.frame("Baseline")["Place"]) == ["North", "South"]
    assert budget.frame("Rules")["Places"].iloc[0].members == ("North",)


def test_years_of_a_rule(read: Read) -> None:
    book = with_years(two_places(), 3)
    book.rule("Later", "amount", "at least", 1, Years="2026/27 onwards")
    assert read(book).frame("Rules")["Years"].iloc[0].members == ("2026/27", "2027/28")
