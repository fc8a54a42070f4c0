"""Plots and pages: well formed, nothing from outside, whatever names say, and right in light and dark."""

import re
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from domain.backtest import Assumption, Backtest, as_it_happened, try_out
from domain.customer import Customer
from domain.documents import read
from domain.policy import Policy
from domain.simulation.events import read_events
from drawing.backtest import backtest_page
from drawing.calendar import calendar_file
from drawing.elements import SVG, element, html_text, text
from drawing.plots import WIDTH, Series, lying, standing
from drawing.style import COLOURS, PAGE, PLOTS

POLICIES = Path(__file__).parents[2] / "policies"
BUSINESS = read((POLICIES / "business.yaml").read_text(encoding="utf-8"), model=Policy, name="business.yaml")
HOSTILE = "</style></svg><script>alert('&\"')</script><img src=//x.example>"
BERLIN = Customer(id="c-1", country="DE", timezone="Europe/Berlin", currency="EUR")


def page(source: str = "r.csv", title: str = "Others") -> str:
    money = {"amount": "250.00", "currency": "EUR"}
    events = [
        {"at": "2026-01-05", "type": "invoice_issued", "invoice": "A", "due_on": "2026-02-04", **money},
        {"at": "2026-04-20", "type": "payment_received", "payment": "P", **money},
    ]
    past = as_it_happened(BERLIN, read_events(BERLIN, events), channels=("email", "sms"))
    rules = (BUSINESS, BUSINESS.model_copy(update={"title": title, "policy": "others", "minimum": {}}))
    until = date(2026, 4, 30)
    return backtest_page(
        Backtest(
            source=source,
            customers=1,
            until=until,
            policies=rules,
            assumption=Assumption(share=Decimal("0.25")),
            tried=try_out(rules, [past], until=until, days=5),
        )
    )


class Tags(HTMLParser):
    """Collects what a browser would see: tags, attributes, and that they are closed in order."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []
        self.feed(document)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


# --- pages


def test_a_page_is_one_file_without_script_or_address() -> None:
    document = page()
    seen = Tags(document)
    assert seen.open == []
    assert not {"script", "link", "img", "iframe", "object", "a", "form"} & set(seen.tags)
    assert not {"src", "href", "style", "xlink:href"} & {name for name, _ in seen.attributes}
    assert not any(name.startswith("on") for name, _ in seen.attributes)
    assert not re.search(r"https?:|//|url\(|@import", document.replace("default-src 'none'", ""))


def test_a_page_names_both_policies_and_the_assumption() -> None:
    document = page()
    for words in ("Business customers", "Others", BUSINESS.version, "25 % of the money", "Nobody approves"):
        assert words in document


def test_hostile_names_stay_words() -> None:
    document = page(source=HOSTILE, title=HOSTILE)
    assert "script" not in Tags(document).tags
    assert document.count("<style>") == 1
    assert "&lt;script&gt;" in document
    for drawn in re.findall(r"<svg.*?</svg>", document, re.DOTALL):
        ElementTree.fromstring(drawn)


def test_every_plot_of_a_page_is_well_formed_and_says_what_it_is() -> None:
    plots = re.findall(r"<svg.*?</svg>", page(), re.DOTALL)
    assert len(plots) == 6
    for drawn in plots:
        root = ElementTree.fromstring(drawn)
        assert root.get("role") == "img"
        assert root.findtext("title")


# --- plots


def numbers(drawn: ElementTree.Element, name: str) -> list[float]:
    return [float(each.get(name, "nan")) for each in drawn.iter("rect")]


@pytest.mark.parametrize("draw", [lying, standing])
@pytest.mark.parametrize("values", [[0, 0], [1, 3], [0.2, 0.1], [7, 1_234_567_890], [10, 100]])
def test_bars_stay_inside_whatever_the_values(draw, values: list[float]) -> None:
    drawn = draw(
        "Title", ["a label", "b" * 90], [Series(name="x", values=values), Series(name="y", values=values)]
    )
    height = float(drawn.get("viewBox").split()[3])
    for left, width in zip(numbers(drawn, "x"), numbers(drawn, "width"), strict=True):
        assert 0 <= left <= left + width <= WIDTH
    for top, tall in zip(numbers(drawn, "y"), numbers(drawn, "height"), strict=True):
        assert 0 <= top <= top + tall <= height


def test_bars_are_as_long_as_their_values() -> None:
    drawn = lying("Title", ["a", "b"], [Series(name="x", values=[30, 60])])
    short, long = numbers(drawn, "width")
    assert long == pytest.approx(2 * short, abs=0.2)
    assert [each.text for each in drawn.iter("text")] == ["a", "30", "b", "60"]


def test_a_plot_of_nothing_is_a_plot() -> None:
    for draw in (lying, standing):
        ElementTree.fromstring(ElementTree.tostring(draw("Title", [], [])))


def test_elements_escape_and_hold_only_what_xml_can() -> None:
    assert html_text(element("p", "a<b", element("b", "&"), "c", None, class_='"')) == (
        '<p class="&quot;">a&lt;b<b>&amp;</b>c</p>'
    )
    assert text("a\x00\ud800b") == "a\ufffd\ufffdb"
    assert (text(2.0), text(2.25), text(3)) == ("2", "2.2", "3")


# --- the calendar


def calendar(policy: Policy = BUSINESS) -> str:
    return calendar_file(policy, due_on=date(2026, 3, 4), customer=BERLIN)


def test_the_calendar_is_an_svg_of_its_own() -> None:
    root = ElementTree.fromstring(calendar())
    assert root.tag == f"{{{SVG}}}svg"
    said = [each.text or "" for each in root.iter(f"{{{SVG}}}text")]
    assert {"upcoming", "suspend", "day +3, Mon 09 Mar 2026", "due Wed 04 Mar 2026"} <= set(said)
    assert calendar().replace(SVG, "").count("//") == 0


def test_the_calendar_shades_weekends_and_holidays() -> None:
    shut = ElementTree.fromstring(calendar()).findall(f"{{{SVG}}}rect[@class='shade']")
    # From 24 February to 13 June there are 31 days of weekends, and five holidays on other days.
    assert len(shut) == 31 + 5


def test_hostile_titles_stay_words_in_a_calendar() -> None:
    drawn = calendar(BUSINESS.model_copy(update={"title": HOSTILE}))
    root = ElementTree.fromstring(drawn)
    assert not list(root.iter(f"{{{SVG}}}script"))
    assert (root.findtext(f"{{{SVG}}}title") or "").startswith(HOSTILE)


# --- light, dark, paper


def test_every_colour_is_set_for_light_dark_and_paper() -> None:
    blocks = re.findall(r"\{[^{}]*--paper[^{}]*\}", COLOURS)
    assert len(blocks) == 3
    light, dark, paper = (set(re.findall(r"(--\w+):", block)) for block in blocks)
    assert light == dark == paper == set(re.findall(r"var\((--\w+)\)", PAGE + PLOTS))
