"""Elements of HTML and SVG: built as a tree, so that whatever stands in them is escaped."""

import re
from xml.etree.ElementTree import Element, tostring

SVG = "http://www.w3.org/2000/svg"
"""The name of the format; a file needs it, an SVG inside a page does not. Nothing is fetched from it."""

# What XML cannot hold in any way: control characters, and halves of characters.
_IMPOSSIBLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Child = Element | str | None


def element(tag: str, *children: Child, **attributes: object) -> Element:
    """Return an element; `class_` is written class, `stroke_width` stroke-width, and None is left out."""
    made = Element(tag)
    for name, value in attributes.items():
        if value is not None:
            made.set(name.rstrip("_").replace("_", "-"), text(value))
    for child in children:
        if child is None:
            continue
        if isinstance(child, Element):
            made.append(child)
        elif len(made):
            made[-1].tail = (made[-1].tail or "") + text(child)
        else:
            made.text = (made.text or "") + text(child)
    return made


def text(value: object) -> str:
    """Return a value as text that XML can hold; coordinates with the digits that one can see."""
    if isinstance(value, float):
        return f"{value:.1f}".removesuffix(".0")
    return _IMPOSSIBLE.sub("\ufffd", str(value))


def html_text(made: Element) -> str:
    """Write an element as HTML."""
    return tostring(made, encoding="unicode", method="html")


def svg_file(drawing: Element, style: str) -> str:
    """Write a drawing as a file of its own, with its style."""
    drawing.set("xmlns", SVG)
    drawing.insert(0, element("style", style))
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(drawing, encoding="unicode") + "\n"
