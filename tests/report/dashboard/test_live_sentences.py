"""Sentences of the Dashboard: formulas that can be read, and pieces that can be followed."""

from __future__ import annotations

from budgetmodel.report.dashboard.blocks import DashboardLayout
from budgetmodel.report.dashboard.live_sentences import LONGEST, LiveWords, Pieces, Sentence, figure, join


def test_a_short_sentence_names_its_pieces_and_their_cells() -> None:
    layout = DashboardLayout()
    pieces = Pieces(layout, 9)  # headings stand in rows 10 and 11, the first piece in row 12
    line = LiveWords("MATCH(MIN(D6:D9),D6:D9,0)", 3)
    sentence = join(
        "Least: ", LiveWords("INDEX(A6:A9,{line})", "Bury", line), " ", figure("MIN(D6:D9)", -1.25, "+0.0;(0.0);0.0")
    )
    assert sentence.words == "Least: Bury (1.3)"
    assert pieces.formula("Winners", sentence) == '="Least: "&B13&" "&B14'
    found = {cell.at: (cell.value, cell.formula) for cell in layout.cells if cell.column == 1}
    assert found == {
        "$B$12": (3, "=MATCH(MIN(D6:D9),D6:D9,0)"),
        "$B$13": ("Bury", "=INDEX(A6:A9,B12)"),
        "$B$14": ("(1.3)", '=TEXT(ROUND(MIN(D6:D9),1),"+0.0;(0.0);0.0")'),
    }


def test_a_long_sentence_keeps_its_longest_words_in_a_cell() -> None:
    layout = DashboardLayout()
    long = "words that say in many words what nobody would read in a formula, "
    sentence = join(long, LiveWords("place_shown", "Bury", named=True), " and no more of them.")
    formula = Pieces(layout, 0).formula("Waterfall", sentence)
    assert formula == '=B3&place_shown&" and no more of them."'
    assert len(formula) <= LONGEST
    [kept] = [cell for cell in layout.cells if cell.column == 1]
    assert (kept.value, kept.formula) == (long, None)


def test_a_piece_that_two_sentences_share_has_one_cell() -> None:
    layout = DashboardLayout()
    pieces = Pieces(layout, 0)
    shared = LiveWords("MIN(D6:D9)", "2")
    assert pieces.formula("One", join(shared, ".")) == '=B3&"."'
    assert pieces.formula("Two", join("It is ", shared)) == '="It is "&B3'


def test_a_sentence_may_be_another_when_there_is_no_figure() -> None:
    layout = DashboardLayout()
    sentence = Sentence(("It costs ", LiveWords("TEXT(H5,0)", "7"), "."), "$G$5=0", "It costs nothing.")
    assert Pieces(layout, 0).formula("Prices", sentence) == '=IF($G$5=0,B4,"It costs "&B3&".")'
    assert [cell.value for cell in layout.cells if cell.column == 1] == ["7", "It costs nothing."]
