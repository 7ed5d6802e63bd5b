"""The 48 points by which finance people judge a workbook (design, checklist): each with how it is held.

`T` is the input template, `R` the results workbook. A point is held by checks of this package (`checks`), by tests that
stand elsewhere (`tests`), or by a person who looked (`seen`); `docs/forty_eight_points.md` is made of this table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.report import pointcheck as c
from tests.report.pointcheck import Book

Check = Callable[[Book], None]


@dataclass(frozen=True)
class Point:
    """One point: its number, which workbooks it is of, what it asks, how it is held, and rulings that bend it."""

    number: int
    of: str
    says: str
    checks: tuple[Check, ...] = ()
    tests: tuple[str, ...] = ()
    seen: str = ""
    ruling: str = ""


WORKBOOK, RECALCULATION = "tests/report/test_workbook.py", "tests/report/test_recalculation.py"
TEMPLATE, PLACE, LOOKS = (
    "tests/excel/template/test_template.py",
    "tests/report/sheets/test_place.py",
    "tests/excel/write/test_styles.py",
)
PUBLISHED = "tests/report/test_published.py"
LOOKED = (
    "An engineer looked at the pages of every sheet of the worked example, of long tables the first and later ones, "
    "and at eleven pages of the published edition, as LibreOffice 7.4 prints them, 26 November 2026."
)

POINTS = (
    Point(
        1,
        "TR",
        "Sheet 1 is Cover: title in A1, purpose, owner, years, status",
        (c.cover_first,),
        ruling="In the results the Decision page stands before the Cover, and has all of this itself.",
    ),
    Point(2, "TR", "Contents on the cover link to every sheet, and every sheet links back", (c.links_both_ways,)),
    Point(
        3,
        "TR",
        "The sheets stand in a fixed order",
        (c.fixed_order,),
        ruling="The order of the design (interfaces.md); what it does not name stands where a reader looks for it.",
    ),
    Point(4, "TR", "Sheet names: at most 31 characters, unique, letters, digits and spaces", (c.sheet_names_safe,)),
    Point(
        5,
        "TR",
        "Nothing is hidden: sheets, rows, columns",
        (c.nothing_hidden,),
        tests=("tests/report/test_evidence.py::test_every_hidden_table_is_visible_in_the_evidence_workbook",),
        ruling="In the results workbook what formulas and charts read is hidden, so that a board sees what it decides "
        "on; the cover names those sheets, and the evidence workbook shows the same tables. On the Dashboard and "
        "on the sheets of places what sentences are made of stands in hidden columns.",
    ),
    Point(6, "TR", "No blank sheets, external links, macros, connections", (c.nothing_foreign,)),
    Point(
        7,
        "TR",
        "One table per sheet, from column A at a fixed row, nothing below it",
        (c.one_table,),
        ruling="Decision, Cover and Dashboard hold several; on the sheets of places sentences come first. The "
        "published edition has one table on every sheet.",
    ),
    Point(
        8,
        "TR",
        "Opens on the cover at A1, at 100%",
        (c.opens_on_cover,),
        ruling="The results open on the Decision page.",
    ),
    Point(
        9,
        "TR",
        "Data stand in Excel tables with a name, alternative text, headings as in the cells",
        (c.tables_described,),
    ),
    Point(10, "TR", "One header row of unique headings without line breaks", (c.headings_unique,)),
    Point(11, "TR", "No merged cells", (c.nothing_merged,)),
    Point(12, "TR", "No blank rows or columns in a table; the guide says what blanks mean", (c.no_blank_rows,)),
    Point(
        13,
        "TR",
        "Missing values in published tables are shown by shorthand",
        tests=(f"{PUBLISHED}::test_no_cell_of_a_table_is_blank",),
    ),
    Point(
        14,
        "TR",
        "The same field has the same place and width on every sheet",
        (c.keys_come_first,),
        ruling="The same order of keys; widths follow what a sheet holds, so that nothing is clipped.",
    ),
    Point(15, "TR", "Wrapped text, no ####, no clipped headings", (c.columns_wide_enough,), seen=LOOKED),
    Point(
        16,
        "TR",
        "Text is text, numbers are numbers, codes stay text",
        (c.no_numbers_as_text,),
        tests=(
            f"{WORKBOOK}::test_text_is_never_a_formula_or_a_link",
            f"{TEMPLATE}::test_percentages_and_codes_keep_what_is_typed",
        ),
    ),
    Point(17, "TR", "A unit in every heading of figures", (c.units_in_headings,)),
    Point(18, "TR", "The stored value is in the unit of its heading", (c.no_scaling_formats,)),
    Point(
        19,
        "R",
        "Formats: negatives in brackets, no scientific notation",
        (c.brackets,),
        tests=(
            "tests/report/test_negative_zero.py::test_what_is_printed",
            "tests/report/test_negative_zero.py::test_what_is_kept",
        ),
        ruling="A negative that its format rounds to 0 is shown as 0 without brackets; the cell keeps it.",
    ),
    Point(
        20,
        "R",
        "Brackets carry the sign; red is dark enough",
        (c.no_red_formats,),
        tests=(f"{LOOKS}::test_every_text_can_be_read_on_its_fill",),
    ),
    Point(21, "R", "The sign convention is stated", (c.sign_stated,)),
    Point(22, "TR", "Dates are ISO, financial years are text", (c.years_are_text,)),
    Point(23, "R", "It is said that shown figures may differ from their sum by rounding", (c.rounding_stated,)),
    Point(24, "T", "Input cells share one named style, with a legend in the guide", (c.named_styles,)),
    Point(
        25,
        "T",
        "Every input has validation with a message and an error that says what to type",
        tests=(
            f"{TEMPLATE}::test_every_column_says_what_it_wants_and_no_word_is_cut",
            f"{TEMPLATE}::test_the_file_carries_one_rule_for_every_input_cell",
        ),
    ),
    Point(
        26,
        "T",
        "Validation and the checks agree, at every boundary",
        tests=(
            f"{TEMPLATE}::test_what_may_be_typed_is_what_is_accepted",
            f"{TEMPLATE}::test_what_a_formula_lets_be_typed_is_what_is_accepted",
        ),
    ),
    Point(27, "T", "Inputs appear once", (c.inputs_once,)),
    Point(
        28,
        "T",
        "Every input row says its source and status",
        (c.source_and_status,),
        ruling="Source and Status on every row; owner and date stand in About, for the whole workbook.",
    ),
    Point(
        29,
        "T",
        "A sunset date; the run warns after it",
        (c.sunset_asked,),
        tests=(f"{PLACE}::test_a_passed_sunset_date_is_said_on_the_cover",),
    ),
    Point(30, "T", "One row per scenario, only what differs filled in, names validated", (c.scenarios_are_overrides,)),
    Point(
        31,
        "T",
        "Inputs unlocked, the rest protected without a password",
        tests=(f"{TEMPLATE}::test_inputs_are_free_headings_and_totals_are_not",),
    ),
    Point(32, "T", "Live totals beside the inputs", tests=(f"{TEMPLATE}::test_live_totals_follow_what_is_typed",)),
    Point(
        33, "R", "The program's answers are values; what derives from them is a live formula", (c.derived_are_formulas,)
    ),
    Point(
        34,
        "R",
        "Every formula carries its value, and recalculates to it",
        (c.formulas_carry_values,),
        tests=(
            f"{RECALCULATION}::test_every_formula_comes_to_its_stored_value",
            "tests/report/test_recalculate.py::test_a_sound_file_passes_and_a_table_beside_it_that_differs_is_told",
        ),
    ),
    Point(
        35,
        "R",
        "Formulas are short and plain: at most 80 characters, nothing volatile, no whole columns, no nested IF",
        (c.formulas_plain,),
        tests=(
            "tests/report/dashboard/test_live_sentences.py::test_a_long_sentence_keeps_its_longest_words_in_a_cell",
        ),
        ruling="One sum by labels (SUMIFS over at most four; over a component's services SUMPRODUCT of SUMIF; where a "
        "name would be read as a pattern, SUMPRODUCT) names its cells in full and may be longer: it is one function, "
        "and each pair in it reads column, label. Keys in helper columns and names in calculations would be shorter, "
        "and harder to follow.",
    ),
    Point(
        36,
        "R",
        "One formula down a column",
        (c.one_formula_per_column,),
        ruling="Columns of several measures (Comparison, places), and those that look at other sheets, differ by row.",
    ),
    Point(
        37, "R", "Checks: expected, actual, difference, tolerance, PASS or FAIL as text, a link", (c.checks_complete,)
    ),
    Point(38, "R", "A master check, on the cover", (c.master_check,)),
    Point(39, "TR", "No error values", (c.no_errors,), tests=(f"{RECALCULATION}::test_no_cell_shows_an_error",)),
    Point(
        40, "R", "One penny turns the master check", tests=(f"{RECALCULATION}::test_one_penny_turns_the_master_check",)
    ),
    Point(41, "R", "Provenance: all that is needed to repeat the run, and no durations", (c.provenance_complete,)),
    Point(42, "R", "Limitations in plain words, and cells to sign in", (c.limits_and_sign_off,)),
    Point(
        43,
        "R",
        "Equal inputs give equal bytes",
        tests=(
            f"{WORKBOOK}::test_equal_inputs_give_equal_bytes",
            f"{WORKBOOK}::test_bytes_do_not_depend_on_the_seed_of_hashing",
        ),
    ),
    Point(44, "TR", "Document properties: title, subject, organisation, language; no person", (c.properties,)),
    Point(
        45,
        "R",
        "Charts have alternative text, a title, titles of axes, and their data in a visible table",
        (c.charts_described,),
    ),
    Point(
        46,
        "R",
        "Colours can be told apart and read",
        tests=(f"{LOOKS}::test_every_text_can_be_read_on_its_fill",),
        seen=LOOKED,
    ),
    Point(
        47,
        "TR",
        "Print: A4, landscape, one page wide, the header repeated",
        (c.print_setup,),
        ruling="The Decision page is one page in portrait, as a paper for a board is.",
        seen=LOOKED,
    ),
    Point(
        48,
        "R",
        "Nothing that makes Excel repair the file",
        (c.nothing_to_repair,),
        ruling="Excel itself was not at hand: the file is held to what is known to make it ask.",
    ),
)

KINDS = {"T": "template", "R": "results", "TR": "template, results"}


def as_markdown() -> str:
    """The page docs/forty_eight_points.md."""
    lines = [
        "# The 48 points",
        "",
        "What finance people judge a workbook by, and how each point is held. Made from `tests/report/points.py` by",
        "`python -m docs.make_forty_eight_points`; a test holds the two together.",
        "",
        "| Point | Of | What it asks | How it is held | Ruling |",
        "|---|---|---|---|---|",
    ]
    for point in POINTS:
        checks = [f"`pointcheck.{check.__name__}`" for check in point.checks]
        tests = [f"`{test.partition('::')[0].rpartition('/')[2]}::{test.partition('::')[2]}`" for test in point.tests]
        held = "; ".join([*checks, *tests, *([point.seen] if point.seen else [])])
        lines.append(f"| {point.number} | {KINDS[point.of]} | {point.says} | {held} | {point.ruling} |")
    return "\n".join(lines) + "\n"
