"""The guide to the words names every rule of the linter, and every frame with its blocks."""

import re

from jinja2 import Environment, nodes

from settings import ROOT

PAGE = (ROOT / "docs" / "words.md").read_text(encoding="utf-8")
SHARED = ROOT / "templates" / "shared"


def rows(title: str) -> list[list[str]]:
    (found,) = re.findall(rf"^## {title}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in re.findall(r"^\| `.*", found, re.MULTILINE)
    ]


def blocks(name: str, *, required: bool) -> set[str]:
    tree = Environment().parse((SHARED / name).read_text(encoding="utf-8"))
    return {block.name for block in tree.find_all(nodes.Block) if block.required == required}


def test_the_guide_names_the_rules_of_the_linter() -> None:
    source = (ROOT / "activities" / "template_lint.py").read_text(encoding="utf-8")
    named = {name for row in rows("What the linter finds") for name in re.findall(r"`([^`]+)`", row[0])}
    assert named == set(re.findall(r'rule="([a-z-]+)"', source))


def test_the_guide_names_the_blocks_of_each_frame() -> None:
    frames = {row[0].strip("`"): row[1:] for row in rows("A letter") if row[0].endswith(".j2`")}
    extending = {path.name for path in SHARED.glob("*.j2") if "block" in path.read_text(encoding="utf-8")}
    assert set(frames) == extending - {"policy.j2", "digest.j2"}
    for name, (needs, takes) in frames.items():
        own = blocks(name, required=True)
        assert own <= set(re.findall(r"`(\w+)`", needs)), name
        assert set(re.findall(r"`(\w+)`", needs)) - own <= {"subject", "heading", "body"}, name
        for taken in re.findall(r"`(\w+)`", takes):
            assert taken in blocks(name, required=False) | blocks("sms.j2", required=False), name
