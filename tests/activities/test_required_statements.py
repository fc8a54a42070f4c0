"""What a letter owes its reader: `templates lint` names every kind of letter that no longer says it."""

from pathlib import Path
from shutil import copytree

from activities.template_lint import lint
from settings import ROOT

ASKING = {
    f"{prefix}{name}"
    for prefix in ("", "consumer_")
    for name in (
        *("card_update", "final_notice", "reminder_first", "reminder_second", "reminder_third"),
        *("restricted", "suspended", "terminated", "termination_warning", "upcoming"),
    )
}
LATE = ASKING - {"upcoming", "consumer_upcoming"}


# A change of the words, what no letter then says, and of which letters it is asked by the linter.
CHANGES = [
    (
        "shared/letter.j2",
        "{{ parts.section(words.wrong_title, tone.wrong(parts.mail(seller))) }}",
        "how to contest it",
        ASKING,
    ),
    ("shared/say.j2", "{{ words.late(debt.days_late) }}", "how late it is", LATE),
    (
        "shared/letter.j2",
        "{{ parts.section(words.next_title, say.next_step(notice, tone)) }}",
        "the day of the next step",
        # These say the day in their announcement too.
        {each for each in ASKING if not each.endswith(("final_notice", "termination_warning"))},
    ),
    ("shared/letter.j2", "{{ parts.pay(notice, seller) }}", "the bank account", ASKING),
]


def test_a_statement_that_goes_missing_is_named_for_each_letter(tmp_path: Path) -> None:
    folder = tmp_path / "templates"
    for part in ("en", "shared"):
        copytree(ROOT / "templates" / part, folder / part)
    for file, old, _, _ in CHANGES:
        words = (folder / file).read_text(encoding="utf-8")
        assert old in words
        (folder / file).write_text(words.replace(old, ""), encoding="utf-8")
    found: dict[str, set[str]] = {}
    for finding in lint(folder):
        assert finding.rule == "statement-missing", finding
        if "/email/" in finding.file:
            what = finding.problem.removeprefix("the message does not say ")
            found.setdefault(what, set()).add(Path(finding.file).stem)

    assert [found[what] for *_, what, _ in CHANGES] == [letters for *_, letters in CHANGES]
