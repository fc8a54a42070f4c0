"""Layouts are compiled when they are built, and nothing else ever passes the MJML parser."""

from dataclasses import replace
from pathlib import Path
from shutil import copytree

import pytest

from activities import layouts
from activities.rendering import Letters
from activities.specimens import specimen
from activities.template_lint import lint
from settings import ROOT

TEMPLATES = ROOT / "templates"


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    return Path(copytree(TEMPLATES, tmp_path / "templates"))


def frame(templates: Path) -> Path:
    return templates / "shared" / "mjml" / "frame.mjml"


def test_what_is_committed_is_what_the_layouts_are_compiled_into() -> None:
    assert [source.name for source in layouts.sources(TEMPLATES)] == ["frame.mjml"]
    assert [layouts.stale(source) for source in layouts.sources(TEMPLATES)] == [False]


def test_a_changed_layout_is_found_until_it_is_built(templates: Path) -> None:
    source = frame(templates)
    source.write_text(source.read_text(encoding="utf-8").replace("#f3f5f7", "#eeeeee"), encoding="utf-8")
    (found,) = lint(templates)
    assert found.rule == "layout-stale"
    assert layouts.build(templates) == (templates / "shared" / "html" / "frame.j2",)
    assert not layouts.stale(source)
    html = (
        Letters(templates).message(specimen("thanks", "email"), to="a@b.example", sender="c@d.example").html
    )
    assert "#eeeeee" in (html or "")


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('<mj-text css-class="ink"><h1>', '<mj-txt css-class="ink"><h1>', "<mj-txt> is no tag of a layout"),
        ("<mj-wrapper", '<mj-include path="/etc/hostname" /><mj-wrapper', "a layout includes no other file"),
        ("<mj-wrapper", "<table><mj-wrapper", "<table> is no tag of a layout"),
        (
            "{% block letter %}",
            "<mj-text>{% block letter %}",
            "<mj-text> stands in <mj-text>, which holds HTML",
        ),
        (
            "<mj-wrapper",
            '<mj-image src="https://a.example/b.png" /><mj-wrapper',
            "<mj-image> is no tag of a layout",
        ),
    ],
)
def test_what_the_compiler_would_let_through_is_named_with_its_line(
    templates: Path, old: str, new: str, problem: str
) -> None:
    source = frame(templates)
    before = source.read_text(encoding="utf-8")
    source.write_text(before.replace(old, new, 1), encoding="utf-8")
    found = layouts.flaws(source.read_text(encoding="utf-8"))[0]
    assert found.problem == problem
    assert found.line == before[: before.index(old)].count("\n") + 1
    with pytest.raises(layouts.BadLayout, match="nothing was compiled"):
        layouts.build(templates)


def test_the_linter_names_the_file(templates: Path) -> None:
    source = frame(templates)
    source.write_text(source.read_text(encoding="utf-8").replace("mj-wrapper", "mj-wrap"), encoding="utf-8")
    (found,) = lint(templates)
    assert (found.rule, found.file) == ("layout-unknown", "templates/shared/mjml/frame.mjml")


def test_what_is_no_mjml_is_found(templates: Path) -> None:
    source = frame(templates)
    source.write_text(source.read_text(encoding="utf-8").replace("</mj-head>", ""), encoding="utf-8")
    (found,) = lint(templates)
    assert found.rule == "layout-unreadable"


def test_a_subject_is_text_wherever_the_layout_repeats_it() -> None:
    """The layout says it as a title and as a label, and an attribute must not end early."""
    notice = specimen("upcoming", "email")
    debt = replace(notice.debts[0], invoice='"><b onclick=x>')
    message = Letters(TEMPLATES).message(
        replace(notice, debts=(debt,)), to="a@b.example", sender="c@d.example"
    )
    html = message.html or ""
    assert "<b onclick" not in html
    assert 'aria-label="Invoice &#34;&gt;&lt;b onclick=x&gt;' in html
