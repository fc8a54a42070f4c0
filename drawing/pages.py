"""A page in one file: nothing is fetched, no script runs, and it prints."""

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from drawing.elements import Child, element, html_text
from drawing.style import COLOURS, PAGE, PLOTS

# A page of ours asks nobody for anything, whatever a name in it says.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def page(title: str, *content: Child, style: str = "") -> str:
    """Return a whole HTML page; `style` is added to that of every page."""
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", title),
        element("style", COLOURS + PAGE + PLOTS + style),
    )
    body = element("body", element("main", element("h1", title), *content))
    return f"<!DOCTYPE html>\n{html_text(element('html', head, body, lang='en'))}\n"


def table(head: Sequence[str], rows: Sequence[tuple[str, Sequence[str]]]) -> Element:
    """Return a table: a label in each row, then a value a column."""
    heads = [element("th", name, scope="col") for name in head]
    body = [
        element("tr", element("th", label, scope="row"), *(element("td", value) for value in values))
        for label, values in rows
    ]
    made = element("table", element("thead", element("tr", *heads)), element("tbody", *body))
    return element("div", made, class_="table")


def legend(names: Sequence[str]) -> Element:
    """Return what the colours of the plots mean."""
    keys = [
        element("span", element("span", class_=f"key {colour}"), name)
        for name, colour in zip(names, ("first", "second"), strict=False)
    ]
    return element("p", *keys, class_="legend")


def figure(drawn: Element) -> Element:
    """Return a plot as part of a page."""
    return element("figure", drawn)
