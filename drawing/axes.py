"""What plots with an axis share: the frame, round numbers, and the names under the axis."""

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from drawing.elements import element

WIDTH = 760
CHAR = 6.6  # so wide a character of 12 px is, on average
TOP, PLOT, BOTTOM = 22, 170, 24


def frame(title: str, height: float) -> Element:
    """Return an empty drawing, with what it shows for those who do not see it."""
    return element("svg", element("title", title), viewBox=f"0 0 {WIDTH} {height:.0f}", role="img")


def ticks(most: float) -> list[float]:
    """Return round numbers from 0 to at least `most`, four to six of them."""
    size = 1.0
    while size * 10 <= most:
        size *= 10
    steps = (size / 5, size / 2, size, size * 2)
    step = next((each for each in steps if each >= 1 and each * 5 >= most), size * 2)
    found = [0.0]
    while found[-1] < most:
        found.append(found[-1] + step)
    return found


def short(number: float) -> str:
    """Return a round number as it stands beside an axis: 1.5 M for 1,500,000."""
    for size, name in ((1e9, " bn"), (1e6, " M")):
        if abs(number) >= size:
            return f"{number / size:,.1f}".removesuffix(".0") + name
    return f"{number:,.0f}"


def axis(drawn: Element, marks: Sequence[float], unit: str) -> float:
    """Draw the rules of an axis with its numbers; return where the plot begins."""
    left = max(len(short(mark)) for mark in marks) * CHAR + 12
    if unit:
        drawn.append(element("text", unit, x=0, y=12, class_="quiet"))
    for mark in marks:
        y = TOP + PLOT * (1 - mark / marks[-1])
        drawn.append(element("path", d=f"M{left:.0f} {y:.1f}H{WIDTH}", class_="rule"))
        drawn.append(element("text", short(mark), x=left - 6, y=y + 4, text_anchor="end", class_="quiet"))
    return left


def under(drawn: Element, labels: Sequence[str], left: float, height: float) -> None:
    """Name the groups of an axis; where there is no room for all, every second or third."""
    step = (WIDTH - left) / max(len(labels), 1)
    every = -(-int(max(map(len, labels), default=0) * CHAR + 10) // max(int(step), 1))
    for i, label in enumerate(labels):
        if i % every == 0:
            middle = left + step * (i + 0.5)
            over = middle + len(label) * CHAR / 2 > WIDTH
            at = {"x": WIDTH, "text_anchor": "end"} if over else {"x": middle, "text_anchor": "middle"}
            drawn.append(element("text", label, y=height - 6, class_="quiet", **at))
