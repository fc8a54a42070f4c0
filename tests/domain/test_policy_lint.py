from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from domain.interest.rates import read_rates
from domain.policy import Policy
from domain.policy_lint import lint, lint_together

TEMPLATES = {
    "email": ("reminder_first", "final_notice", "suspended", "thanks"),
    "sms": ("final_notice", "suspended"),
}
SOUND: dict[str, Any] = {
    "policy": "p",
    "title": "P",
    "for": {"segments": ["business"]},
    "minimum": {"EUR": "25"},
    "tolerance": {"EUR": "1"},
    "steps": [
        {"kind": "notice", "id": "first", "offset_days": 3, "template": "reminder_first"},
        {
            "kind": "notice",
            "id": "last",
            "offset_days": 30,
            "template": "final_notice",
            "channels": ["email", "sms"],
        },
        {
            "kind": "suspend",
            "id": "suspend",
            "offset_days": 45,
            "notice_days": 15,
            "needs_delivered": ["last"],
            "approval": {"EUR": "5000"},
        },
    ],
}
FIRST, LAST, SUSPEND = 0, 1, 2


def policy(*, steps: Mapping[int, Mapping[str, Any]] | None = None, **keys: Any) -> Policy:
    """The sound policy with some keys, and some keys of its steps by position, changed."""
    changed = [{**step, **(steps or {}).get(i, {})} for i, step in enumerate(SOUND["steps"])]
    return Policy.model_validate({**SOUND, **keys, "steps": changed})


def found(checked: Policy) -> list[str]:
    return [str(finding) for finding in lint(checked, templates=TEMPLATES)]


def test_a_sound_policy_has_no_findings() -> None:
    assert found(policy()) == []


@pytest.mark.parametrize(
    ("checked", "finding"),
    [
        (
            policy(steps={FIRST: {"when": {"segments": ["consumer"]}}}),
            (
                "error: first: it never happens: it is for segment consumer, and the policy for business; "
                "correct `when.segments` [never]"
            ),
        ),
        (
            policy(steps={FIRST: {"when": {"tags": ["vip"], "without_tags": ["vip", "old"]}}}),
            (
                "error: first: it never happens: tag vip is both asked for and ruled out; "
                "correct `when.tags` or `when.without_tags` [never]"
            ),
        ),
        (
            policy(steps={FIRST: {"template": "reminder_frist"}}),
            (
                "error: first: there is no email template 'reminder_frist': did you mean reminder_first? "
                "[template-missing]"
            ),
        ),
        (
            policy(steps={FIRST: {"channels": ["email", "sms"]}}),
            (
                "error: first: there is no sms template 'reminder_first': add one, or take the channel out "
                "[template-missing]"
            ),
        ),
        (
            policy(steps={SUSPEND: {"tell": "goodbye"}}),
            (
                "error: suspend: there is no email template 'goodbye': add one, or take the channel out "
                "[template-missing]"
            ),
        ),
        (
            policy(**{"return": {"channels": ["email", "sms"]}}),
            "error: there is no sms template 'thanks': add one, or take the channel out [template-missing]",
        ),
        (
            policy(minimum={"EUR": "25", "JPY": "4000", "USD": "25"}),
            (
                "warning: suspend: any amount in JPY and USD suspends without a person's approval; "
                "add JPY and USD to `approval` [approval-missing]"
            ),
        ),
        (
            policy(steps={SUSPEND: {"notice_days": 16}}),
            (
                "warning: suspend: it cannot happen on day 45: last goes out on day 30 at the earliest and "
                "16 days of notice follow; set `offset_days` to 46 or more, or `notice_days` to less "
                "[notice-too-long]"
            ),
        ),
        (
            policy(steps={LAST: {"when": {"tags": ["vip"]}}}),
            (
                "warning: last: suspend needs it, so whoever does not meet its conditions is never "
                "suspended; "
                "give suspend the same `when`, or none [conditional-warning]"
            ),
        ),
        (
            policy(steps={LAST: {"channels": ["email"]}}),
            (
                "warning: last: whoever unsubscribes never gets it, and then neither what needs it; write "
                "`statutory: true` if the law requires it, or add a channel [warning-unsubscribed]"
            ),
        ),
        (
            policy(steps={FIRST: {"statutory": True}}),
            (
                "warning: first: it is statutory, and nothing that happens to the customer builds on it; "
                "take `statutory` away unless a law requires this notice [statutory-unneeded]"
            ),
        ),
        (
            policy(minimum={}, **{"return": {"when": "below_minimum"}}),
            (
                "warning: return.when is below_minimum, and the policy names no minimum: nothing is "
                "below it; "
                "name a `minimum`, or use nothing_overdue [return-without-minimum]"
            ),
        ),
        (
            policy(steps={LAST: {"channels": ["sms"]}}),
            (
                "warning: last: it is the last warning before the suspension and may go out by SMS "
                "alone, which "
                "is no writing; put email first in `channels`, or `send: all` [not-in-writing]"
            ),
        ),
        (
            policy(steps={LAST: {"channels": ["sms", "email"]}}),
            (
                "warning: last: it is the last warning before the suspension and may go out by SMS "
                "alone, which "
                "is no writing; put email first in `channels`, or `send: all` [not-in-writing]"
            ),
        ),
        (
            policy(minimum_gap_days=28),
            (
                "warning: last: it comes 27 days after first, and messages are 28 days apart: it waits until "
                "day 31; move it, or lower `minimum_gap_days` [gap]"
            ),
        ),
        (
            policy(window={"weekdays": ["mon", "tue", "thu", "fri"]}),
            (
                "warning: the window never opens on wed, sat and sun: what falls there waits for another "
                "day; "
                "add days to `window.weekdays` [closed-weekdays]"
            ),
        ),
        (
            policy(tolerance={"EUR": "25.01"}),
            (
                "warning: the tolerance of 25.01 EUR is above the minimum of 25.00 EUR, which has no effect; "
                "lower the `tolerance` [tolerance-above-minimum]"
            ),
        ),
        (
            policy(steps={FIRST: {"when": {"minimum": {"EUR": "25"}}}}),
            (
                "warning: first: its minimum of 25.00 EUR has no effect: the policy's is 25.00 EUR; "
                "raise it, or take it out [minimum-without-effect]"
            ),
        ),
    ],
)
def test_what_would_surprise_finance_is_found_with_its_remedy(checked: Policy, finding: str) -> None:
    assert found(checked) == [finding]


@pytest.mark.parametrize(
    "checked",
    [
        policy(steps={FIRST: {"when": {"tags": ["vip", "new"], "without_tags": ["vip"]}}}),
        policy(steps={SUSPEND: {"approval": {"EUR": "0"}}}),
        policy(steps={LAST: {"channels": ["sms", "email"], "send": "all"}}),
        policy(steps={LAST: {"when": {"tags": ["a"]}}, SUSPEND: {"when": {"tags": ["a"]}}}),
        policy(minimum_gap_days=27),
        policy(
            minimum_gap_days=28,
            steps={
                FIRST: {"when": {"countries": ["DE"]}},
                LAST: {"when": {"countries": ["FR"]}},
                SUSPEND: {"when": {"countries": ["FR"]}},
            },
        ),
        policy(window={"weekdays": ["sun", "mon", "tue", "wed", "thu"]}),
        policy(tolerance={"EUR": "25", "USD": "5"}),
        policy(steps={FIRST: {"when": {"minimum": {"EUR": "25.01", "USD": "1"}}}}),
        policy(**{"return": {"when": "below_minimum"}}),
    ],
)
def test_what_is_meant_is_left_alone(checked: Policy) -> None:
    assert found(checked) == []


def test_a_statutory_warning_may_go_out_by_email_alone() -> None:
    assert found(policy(steps={LAST: {"channels": ["email"], "statutory": True}})) == []


def test_errors_come_first() -> None:
    checked = policy(minimum_gap_days=90, steps={FIRST: {"template": "zzz"}})
    assert [finding.severity for finding in lint(checked, templates=TEMPLATES)] == ["error", "warning"]


def test_without_the_templates_their_names_are_not_checked() -> None:
    assert lint(policy(steps={FIRST: {"template": "zzz"}})) == ()


def test_a_policy_that_never_suspends_needs_no_approval() -> None:
    checked = Policy.model_validate({**SOUND, "steps": SOUND["steps"][:1]})
    assert lint(checked, templates={"email": ["reminder_first"]}) == ()


LAW = {"basis": "statutory", "propose_at": 30}
FOLDER = Path(__file__).parents[2] / "policies" / "rates"
RATES = read_rates({path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.yaml")})
NOBODY = "warning: no interest or fee is ever proposed for segment {}; {} [interest-segment]"
NO_RATE = (
    "warning: no rate of interest is known for {}, so nothing is proposed there;"
    " enter its table under policies/rates/ [rates-missing]"
)


@pytest.mark.parametrize(
    ("checked", "expected"),
    [
        (policy(interest=LAW), []),
        (policy(interest={**LAW, "b2b": ["shop"], "b2g": ["business"]}), []),
        (policy(**{"for": {"segments": ["business", "consumer"]}}), []),
        (
            policy(interest=LAW, **{"for": {"segments": ["business", "consumer", "shop"]}}),
            [
                NOBODY.format("consumer", "give consumers a policy of their own"),
                NOBODY.format("shop", "add it to `b2b` or `b2g`"),
            ],
        ),
        (policy(steps={FIRST: {"when": {"countries": ["NO"]}}}), []),
        (policy(interest=LAW, steps={FIRST: {"when": {"countries": ["FI"]}}}), []),
        (  # the base rate of Germany is still to be entered
            policy(interest=LAW, steps={FIRST: {"when": {"countries": ["FI", "DE", "SE"]}}}),
            [NO_RATE.format("DE"), NO_RATE.format("SE")],
        ),
        (
            policy(interest=LAW, **{"for": {"segments": ["business"], "countries": ["NL", "PL"]}}),
            [NO_RATE.format("PL")],
        ),
    ],
)
def test_interest_that_is_never_proposed(checked: Policy, expected: list[str]) -> None:
    assert [str(finding) for finding in lint(checked, templates=TEMPLATES, rates=RATES)] == expected


# --- side by side


def together(*policies: Policy, adopted: tuple[Policy, ...] = ()) -> list[str]:
    return [f"{name}: {finding}" for name, finding in lint_together(policies, adopted=adopted)]


def test_a_policy_whose_customers_an_earlier_one_takes_never_applies() -> None:
    broad, narrow = policy(policy="broad"), policy(policy="narrow", **GERMAN)
    assert together(broad, narrow) == [
        (
            "narrow: warning: broad comes before it and is for everybody whom it is for: it never applies; "
            "narrow `for` of broad, adopt narrow first, or retire one [conflicting-segments]"
        )
    ]
    assert together(narrow, broad) == []
    assert together(narrow, adopted=(broad,))[0].startswith("narrow: warning: broad comes before it")
    assert together(broad, adopted=(narrow, broad)) == []


GERMAN = {"for": {"segments": ["business"], "countries": ["DE"]}}
TRIAL = {"name": "trial", "arms": [{"id": "soft", "share": 100, "policy": "soft"}]}


def test_an_arm_whose_policy_is_missing_is_an_error() -> None:
    assert together(policy(experiment=TRIAL), policy(policy="sofd")) == [
        (
            "sofd: warning: p comes before it and is for everybody whom it is for: it never applies; "
            "narrow `for` of p, adopt sofd first, or retire one [conflicting-segments]"
        ),
        (
            "p: error: arm soft names policy 'soft', which is not there: nobody is in that arm; "
            "did you mean sofd? [arm-missing]"
        ),
    ]
    assert together(policy(experiment=TRIAL), adopted=(policy(policy="soft", **GERMAN),)) == []


def test_the_policy_of_an_arm_gets_its_customers_by_lot_and_not_by_its_audience() -> None:
    trial, soft = policy(experiment=TRIAL), policy(policy="soft")
    assert together(trial, soft) == []
    assert together(soft, trial)[-1].endswith("such as a tag that nobody has [arm-first]")
