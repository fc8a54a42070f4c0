"""Plots as SVG: bars that lie, for names; bars that stand, for groups and months. One or two series.

Colours are classes, so that a page's style sets them for light, dark and paper.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from drawing.axes import BOTTOM, CHAR, PLOT, TOP, WIDTH, axis, frame, ticks, under
from drawing.elements import element

SERIES = ("first", "second")


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One row of values, in the order of the labels. `texts` stand for the values where they are shown."""

    name: str
    values: Sequence[float]
    texts: Sequence[str] = ()

    def told(self, number: int) -> str:
        """The value as people read it."""
        return self.texts[number] if self.texts else f"{self.values[number]:,.0f}"


def lying(title: str, labels: Sequence[str], series: Sequence[Series]) -> Element:
    """Return bars that lie, one group a label, each with its value behind it."""
    bar, gap, top = 14, 12, 4
    group = bar * len(series) + gap
    left = min(max((len(label) for label in labels), default=0) * CHAR + 12, WIDTH * 0.4)
    behind = max((len(each.told(i)) for each in series for i in range(len(labels))), default=0) * CHAR + 10
    scale = (WIDTH - left - behind) / _most(series)
    height = top + group * len(labels)
    drawn = frame(title, height)
    for i, label in enumerate(labels):
        y = top + i * group
        middle = y + bar * len(series) / 2 + 4
        drawn.append(element("text", _cut(label, left), x=left - 8, y=middle, text_anchor="end"))
        for number, each in enumerate(series):
            width = max(each.values[i] * scale, 1.0 if each.values[i] else 0.0)
            at = y + number * bar
            told = element("title", f"{each.name}, {label}: {each.told(i)}")
            size = {"x": left, "y": at + 1, "width": width, "height": bar - 2}
            drawn.append(element("rect", told, class_=SERIES[number], **size))
            drawn.append(element("text", each.told(i), x=left + width + 5, y=at + bar - 3.5, class_="quiet"))
    drawn.append(element("path", d=f"M{left:.0f} 0V{height}", class_="rule"))
    return drawn


def standing(title: str, labels: Sequence[str], series: Sequence[Series], *, unit: str = "") -> Element:
    """Return bars that stand, one group a label, over an axis with round numbers."""
    marks = ticks(_most(series))
    height = TOP + PLOT + BOTTOM
    drawn = frame(title, height)
    left = axis(drawn, marks, unit)
    step = (WIDTH - left) / max(len(labels), 1)
    bar = min(step * 0.76 / max(len(series), 1), 44)
    for i, label in enumerate(labels):
        middle = left + step * (i + 0.5)
        for number, each in enumerate(series):
            tall = PLOT * each.values[i] / marks[-1]
            told = element("title", f"{each.name}, {label}: {each.told(i)}")
            x = middle + bar * (number - len(series) / 2)
            size = {"x": x + 0.5, "y": TOP + PLOT - tall, "width": bar - 1, "height": tall}
            drawn.append(element("rect", told, class_=SERIES[number], **size))
    under(drawn, labels, left, height)
    return drawn


def _most(series: Sequence[Series]) -> float:
    return max((value for each in series for value in each.values), default=0) or 1


def _cut(label: str, room: float) -> str:
    most = int((room - 8) / CHAR)
    return label if len(label) <= most else f"{label[: most - 1]}…"
