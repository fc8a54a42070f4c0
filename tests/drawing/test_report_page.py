"""The page of the reports: well formed, nothing from outside, and nothing out of its frame."""

import re
from datetime import date
from decimal import Decimal
from xml.etree import ElementTree

import pytest

from domain.money import Money
from domain.reports.sheet import Report, Sheet, column
from drawing.axes import WIDTH, short
from drawing.receivables import MOST_LISTED, report_page
from drawing.report_plots import PLOTS
from drawing.stacks import Part, lines, shares, stacked
from tests.drawing.test_drawing import HOSTILE, Tags, numbers

AS_OF = date(2026, 3, 31)


def report(name: str, keys: list[str], *rows: tuple, listed: Sheet | None = None) -> Report:
    sheet = Sheet(title=f"Title {HOSTILE}", columns=tuple(map(column, keys)), rows=rows, notes=(HOSTILE,))
    return Report(name=name, as_of=AS_OF, known_at=None, sheet=sheet, listed=listed)


def part(*values: float | None, name: str = "x") -> Part:
    return Part(name=name, colour="first", values=values, texts=[str(value) for value in values])


@pytest.mark.parametrize("name", PLOTS)
def test_a_page_is_closed_escaped_and_asks_nobody_for_anything(name: str) -> None:
    plot = PLOTS[name]
    keys = ["currency", plot.label, *(key for key, _, _ in plot.parts)]
    values = [Decimal(number) for number in range(1, len(plot.parts) + 1)]
    document = report_page(report(name, keys, ("EUR", "2026-02", *values), (HOSTILE, HOSTILE, *values)))
    tags = Tags(document)
    assert tags.open == []
    assert {"script", "img", "link", "iframe"} & set(tags.tags) == set()
    assert [value for key, value in tags.attributes if key in ("src", "href")] == []
    drawn = re.findall(r"<svg.*?</svg>", document, re.DOTALL)
    assert len(drawn) == 2
    for each in drawn:
        assert ElementTree.fromstring(each).findtext("title")


def test_a_report_without_rows_says_so_and_draws_nothing() -> None:
    document = report_page(report("dso", ["currency", "month"]))
    assert "There is nothing to report." in document
    assert "<svg" not in document


def test_a_long_list_is_cut_and_says_how_much_is_missing() -> None:
    columns = (column("invoice", words=True),)
    listed = Sheet(title="All", columns=columns, rows=tuple((f"I-{n}",) for n in range(MOST_LISTED + 5)))
    document = report_page(report("ageing", ["currency", "rate"], listed=listed))
    assert "And 5 more: --list --csv has them all." in document
    assert f"I-{MOST_LISTED}<" not in document


@pytest.mark.parametrize("draw", [stacked, lines])
@pytest.mark.parametrize("values", [(0, 0), (1, 3), (0.2, None), (7, 1_234_567_890), (-5, 10), (None, None)])
def test_what_is_drawn_stays_inside_whatever_the_values(draw, values) -> None:
    drawn = draw("Title", ["a label", "b" * 90], [part(*values), part(*values, name="y")], unit="EUR")
    height = float(drawn.get("viewBox").split()[3])
    for left, width in zip(numbers(drawn, "x"), numbers(drawn, "width"), strict=True):
        assert 0 <= left <= left + width <= WIDTH
    for top, tall in zip(numbers(drawn, "y"), numbers(drawn, "height"), strict=True):
        assert 0 <= top <= top + tall <= height
    for point in drawn.iter("circle"):
        assert 0 <= float(point.get("cx", "nan")) <= WIDTH
        assert 0 <= float(point.get("cy", "nan")) <= height


def test_a_line_is_broken_where_there_is_no_value() -> None:
    drawn = lines("Title", list("abcde"), [part(1, 2, None, 4, 5)])
    assert len([each for each in drawn.iter("path") if "line" in str(each.get("class"))]) == 2
    assert len(list(drawn.iter("circle"))) == 4


def test_shares_are_as_wide_as_their_part_and_small_ones_are_not_written_over() -> None:
    drawn = shares("Title", [part(60, name="a"), part(39, name="b"), part(1, name="a long name")])
    first, second, last = numbers(drawn, "width")
    assert (first + 1) / (second + 1) == pytest.approx(60 / 39, abs=0.01)
    assert last < 10
    words = [each.text for each in drawn.iter("text")]
    assert words == ["60 %", "a", "39 %", "b"]


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0"), (12_000, "12,000"), (1_500_000, "1.5 M"), (2_000_000_000, "2 bn")]
)
def test_large_numbers_beside_an_axis_are_short(number: float, words: str) -> None:
    assert short(number) == words


def test_the_ages_of_one_currency_are_one_bar() -> None:
    keys = ["currency", "current", "d1_30", "d31_60", "d61_90", "d91_plus", "total", "unapplied"]
    row = ("EUR", *(Money(minor, "EUR") for minor in (60_00, 30_00, 10_00, 0, 0, 100_00, 0)))
    document = report_page(report("ageing", keys, row))
    assert "60 %" in document
    assert "<h3>" not in document
