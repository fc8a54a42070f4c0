"""Plots of parts that add up: stacked bars that stand, one bar of shares, and lines over time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from drawing.axes import BOTTOM, CHAR, PLOT, TOP, WIDTH, axis, frame, ticks, under
from drawing.elements import element


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One series: its name, the class that colours it, its values and how they are told.

    A value of None leaves a gap.
    """

    name: str
    colour: str
    values: Sequence[float | None]
    texts: Sequence[str]


def stacked(title: str, labels: Sequence[str], parts: Sequence[Part], *, unit: str = "") -> Element:
    """Return bars that stand, the parts of each upon another; what is below nothing is left out."""
    heights = [sum(max(each.values[i] or 0, 0) for each in parts) for i in range(len(labels))]
    marks, height = ticks(max(heights, default=0) or 1), TOP + PLOT + BOTTOM
    drawn = frame(title, height)
    left = axis(drawn, marks, unit)
    step = (WIDTH - left) / max(len(labels), 1)
    bar = min(step * 0.7, 44)
    for i, label in enumerate(labels):
        base = 0.0
        for each in parts:
            value = max(each.values[i] or 0, 0)
            if not value:
                continue
            tall = PLOT * value / marks[-1]
            y = TOP + PLOT * (1 - base / marks[-1]) - tall
            told = element("title", f"{label}, {each.name}: {each.texts[i]}")
            size = {"x": left + step * (i + 0.5) - bar / 2, "y": y, "width": bar, "height": tall}
            drawn.append(element("rect", told, class_=each.colour, **size))
            base += value
    under(drawn, labels, left, height)
    return drawn


def shares(title: str, parts: Sequence[Part]) -> Element:
    """Return one bar that lies, with the share of each part; only what has room is written into it."""
    values = [max(each.values[0] or 0, 0) for each in parts]
    whole, bar, height = sum(values) or 1, 34, 56
    drawn = frame(title, height)
    left = 0.0
    for each, value in zip(parts, values, strict=True):
        width = WIDTH * value / whole
        if not value:
            continue
        told = element("title", f"{each.name}: {each.texts[0]}")
        size = {"x": left, "y": 0, "width": max(width - 1, 0.5), "height": bar}
        drawn.append(element("rect", told, class_=each.colour, **size))
        share = f"{value * 100 / whole:.0f} %"
        if width > max(len(share), len(each.name)) * CHAR + 6:
            drawn.append(element("text", share, x=left + 8, y=bar / 2 + 4, class_=f"on {each.colour}-on"))
            drawn.append(element("text", each.name, x=left, y=height - 6, class_="quiet"))
        left += width
    return drawn


def lines(title: str, labels: Sequence[str], parts: Sequence[Part], *, unit: str = "") -> Element:
    """Return lines over time, each with a mark a value; a line is broken where there is none."""
    known = [value for each in parts for value in each.values if value is not None]
    marks, height = ticks(max(known, default=0) or 1), TOP + PLOT + BOTTOM
    drawn = frame(title, height)
    left = axis(drawn, marks, unit)
    step = (WIDTH - left) / max(len(labels), 1)
    for each in parts:
        at = [
            None if v is None else (left + step * (i + 0.5), TOP + PLOT * (1 - max(v, 0) / marks[-1]))
            for i, v in enumerate(each.values)
        ]
        for run in _runs(at):
            path = "L".join(f"{x:.1f} {y:.1f}" for x, y in run)
            drawn.append(element("path", d=f"M{path}", class_=f"line {each.colour}-line"))
        for i, point in enumerate(at):
            if point is not None:
                told = element("title", f"{labels[i]}, {each.name}: {each.texts[i]}")
                where = {"cx": point[0], "cy": point[1], "r": 3.5}
                drawn.append(element("circle", told, class_=each.colour, **where))
    under(drawn, labels, left, height)
    return drawn


def _runs(points: Sequence[tuple[float, float] | None]) -> Iterator[list[tuple[float, float]]]:
    run: list[tuple[float, float]] = []
    for point in (*points, None):
        if point is not None:
            run.append(point)
        elif run:
            yield run
            run = []
