"""Who gets which policy: first match wins, and the choice says why."""

from collections import Counter
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.assignment import choose
from domain.customer import Customer
from domain.documents import BadDocument, read
from domain.override import Override
from domain.policy import Policy
from domain.policy_audience import Audience
from domain.policy_experiment import HOLD_OUT, Experiment
from domain.rest import FOREVER
from tests.domain.playing import policy

CUSTOMER = Customer(
    id="ACME", segment="business", country="DE", currency="EUR", size="small", risk="low", tags=("vip",)
)


def named(name: str, **more: object) -> Policy:
    """A policy of a name, for business customers where nothing else is said."""
    return policy(policy=name, **more)


def audience(**conditions: object) -> Policy:
    return named("asked", **{"for": conditions})


@pytest.mark.parametrize(
    ("conditions", "missed"),
    [
        ({"segments": ["business"]}, None),
        ({"segments": ["consumer", "trade"]}, "segment consumer or trade"),
        ({"countries": ["AT", "DE"]}, None),
        ({"countries": ["AT"]}, "country AT"),
        ({"currencies": ["EUR"]}, None),
        ({"currencies": ["USD"]}, "currency USD"),
        ({"sizes": ["small", "medium"]}, None),
        ({"sizes": ["large"]}, "size large"),
        ({"risks": ["low"]}, None),
        ({"risks": ["high"]}, "risk high"),
        ({"tags": ["vip", "new"]}, None),
        ({"tags": ["new"]}, "tag new"),
        ({"without_tags": ["new"]}, None),
        ({"without_tags": ["vip"]}, "customers without tag vip"),
        ({"countries": ["DE"], "sizes": ["large"], "risks": ["high"]}, "size large"),
    ],
)
def test_all_conditions_that_are_given_must_hold(conditions: dict[str, object], missed: str | None) -> None:
    assert audience(**conditions).audience.missed(CUSTOMER) == missed


@pytest.mark.parametrize("name", ["country", "currency", "size", "risk"])
def test_what_is_not_known_of_a_customer_meets_no_condition(name: str) -> None:
    plural = {"country": "countries", "currency": "currencies"}.get(name, f"{name}s")
    asked = audience(**{plural: [getattr(CUSTOMER, name)]}).audience
    assert asked.missed(replace(CUSTOMER, **{name: None})) is not None


def test_the_first_match_wins_and_says_why_each_before_it_was_passed_over() -> None:
    order = [
        named("large", **{"for": {"sizes": ["large"]}}),
        named("swiss", **{"for": {"segments": ["business"], "countries": ["CH"]}}),
        named("business"),
        named("later"),
    ]
    chosen = choose(order, CUSTOMER)
    assert chosen.policy == order[2]
    assert chosen.reason.words == "it is the first policy for segment business"
    assert [each.reason.words for each in chosen.passed_over] == [
        "large is only for size large",
        "swiss is only for country CH",
    ]
    assert chosen.json() == {"policy": "business", "rule": "assigned.match", "why": chosen.reason.words}


def test_nobodys_customer_is_told_what_each_policy_is_for() -> None:
    chosen = choose([named("large", **{"for": {"sizes": ["large"]}})], CUSTOMER)
    assert chosen.policy is None
    assert [each.reason.words for each in chosen.passed_over] == ["large is only for size large"]


def override(name: str) -> Override:
    return Override(policy=name, reason="asked by sales", by="maria", last=date(2026, 12, 31))


def test_a_person_s_choice_comes_before_every_audience() -> None:
    chosen = choose([named("business"), audience(sizes=["large"])], CUSTOMER, override("asked"))
    assert chosen.policy is not None
    assert chosen.policy.policy == "asked"
    assert chosen.reason.words == "maria chose it until 2026-12-31: asked by sales"


def test_a_person_s_choice_of_a_policy_that_was_retired_is_passed_over() -> None:
    chosen = choose([named("business")], CUSTOMER, override("gone"))
    assert chosen.policy is not None
    assert chosen.policy.policy == "business"
    assert chosen.passed_over[0].reason.words == "gone, which maria chose, is not adopted any more"


def test_an_override_without_an_end_never_ends() -> None:
    assert replace(override("asked"), last=FOREVER).until == "further notice"


# --- what a policy file may say


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("{}", "say whom the policy is for: give at least one of segments, countries"),
        ("{sizes: [Very Big]}", "write a lower-case word"),
        ("{currencies: [EURO]}", "'EURO' is no ISO 4217 currency code such as EUR"),
        ("{size: [small]}", "nobody knows this key"),
    ],
)
def test_a_wrong_audience_is_refused_with_its_line_and_remedy(written: str, says: str) -> None:
    step = "{kind: notice, id: a, offset_days: 1, template: a}"
    text = f"policy: p\ntitle: P\nfor: {written}\nsteps:\n  - {step}\n"
    with pytest.raises(BadDocument, match=r"p\.yaml:3: .*") as caught:
        read(text, model=Policy, name="p.yaml")
    assert says in str(caught.value)


def test_what_is_not_asked_is_not_in_the_version() -> None:
    """Policies that were adopted before there were more conditions keep their versions."""
    asked = Audience(segments=("business",))
    assert asked.model_dump(mode="json") == {"segments": ["business"]}
    assert '"for":{"segments":["business"]}' in policy().canonical()
    assert "experiment" not in policy().canonical()


SOME = st.lists(st.sampled_from(["a", "b", "c"]), max_size=2, unique=True)
AUDIENCES = st.fixed_dictionaries(
    {"segments": SOME, "sizes": SOME, "risks": SOME, "tags": SOME, "without_tags": SOME}
).filter(lambda given: any(given.values()))
CUSTOMERS = st.builds(
    Customer,
    id=st.just("X"),
    segment=st.sampled_from(["a", "b", "c"]),
    size=st.sampled_from(["a", "b", "c", None]),
    risk=st.sampled_from(["a", "b", "c", None]),
    tags=SOME.map(tuple),
)


@given(AUDIENCES, AUDIENCES, CUSTOMERS)
def test_who_takes_all_of_another_audience_takes_each_of_its_customers(
    one: dict[str, list[str]], other: dict[str, list[str]], customer: Customer
) -> None:
    first, second = Audience.model_validate(one), Audience.model_validate(other)
    if first.takes_all_of(second) and second.missed(customer) is None:
        assert first.missed(customer) is None


@pytest.mark.parametrize(("name", "word"), [("size", "Very Big"), ("risk", ""), ("size", "x" * 65)])
def test_a_size_or_risk_that_is_no_word_is_refused(name: str, word: str) -> None:
    with pytest.raises(ValueError, match=f"cannot be a {name}: use a lower-case word such as"):
        Customer(id="X", **{name: word})


# --- experiments

TRIAL = {
    "name": "softer_words",
    "arms": [{"id": "soft", "share": 30, "policy": "soft"}, {"id": "early", "share": 50, "policy": "early"}],
    "hold_out": 20,
}
ORDER = [
    named("business", experiment=TRIAL),
    named("soft", **{"for": {"tags": ["softer_words"]}}),
    named("early", **{"for": {"tags": ["softer_words"]}}),
]


def arm(customer_id: str, order: list[Policy] = ORDER) -> tuple[str | None, str | None]:
    chosen = choose(order, replace(CUSTOMER, id=customer_id))
    return chosen.arm, chosen.policy.policy if chosen.policy else None


def test_a_customer_is_in_one_arm_and_under_its_policy() -> None:
    assert {arm(f"C-{number}") for number in range(100)} == {
        ("soft", "soft"),
        ("early", "early"),
        (HOLD_OUT, "business"),
    }


def test_the_lot_of_a_customer_is_the_one_that_is_documented() -> None:
    """docs/policy.md: the first eight bytes of SHA-256 of `softer_words/ACME`, modulo 100, are 85.

    Places 0 to 19 are held out, 20 to 69 are `early`, which comes before `soft`, and the rest is `soft`.
    """
    assert arm("ACME") == ("soft", "soft")
    moved = {**TRIAL, "arms": [{**TRIAL["arms"][0], "share": 14}, {**TRIAL["arms"][1], "share": 66}]}  # type: ignore[index]
    assert arm("ACME", [named("business", experiment=moved), *ORDER[1:]]) == ("early", "early")


def test_the_arms_have_about_their_shares() -> None:
    counted = Counter(arm(f"C-{number}")[0] for number in range(5000))
    assert abs(counted["soft"] - 1500) < 150
    assert abs(counted["early"] - 2500) < 150
    assert abs(counted[HOLD_OUT] - 1000) < 150


@given(st.from_regex(r"[A-Za-z0-9._-]{1,64}", fullmatch=True))
def test_the_order_of_arms_in_the_file_changes_nobody_s_arm(customer_id: str) -> None:
    turned = Experiment.model_validate({**TRIAL, "arms": TRIAL["arms"][::-1]})  # type: ignore[index]
    assert turned.arm_of(customer_id) == Experiment.model_validate(TRIAL).arm_of(customer_id)


def test_another_name_draws_lots_anew() -> None:
    other = [named("business", experiment={**TRIAL, "name": "second_try"}), *ORDER[1:]]
    moved = [number for number in range(200) if arm(f"C-{number}") != arm(f"C-{number}", other)]
    assert 80 < len(moved) < 160


def test_the_choice_says_in_which_arm_and_of_which_policy() -> None:
    reasons = {choose(ORDER, replace(CUSTOMER, id=f"C-{n}")).reason.words for n in range(50)}
    assert reasons == {
        "arm soft of experiment softer_words in business, the first policy for segment business",
        "arm early of experiment softer_words in business, the first policy for segment business",
        "held out of experiment softer_words in it, the first policy for segment business",
    }


def test_an_arm_whose_policy_is_not_adopted_has_nobody() -> None:
    chosen = {
        (each.policy.policy if each.policy else None, each.arm)
        for each in (choose(ORDER[:2], replace(CUSTOMER, id=f"C-{n}")) for n in range(50))
    }
    assert chosen == {("business", None), ("business", HOLD_OUT), ("soft", "soft")}


def test_whom_a_person_gave_a_policy_is_in_no_arm() -> None:
    assert choose(ORDER, CUSTOMER, override("business")).arm is None


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"hold_out": 10}, "are 90 percent together: make them 100"),
        ({"arms": [{**TRIAL["arms"][0], "share": 80, "id": "hold_out"}]}, "means those without an arm"),  # type: ignore[index]
        ({"arms": [TRIAL["arms"][0], {**TRIAL["arms"][1], "id": "soft"}]}, "is used twice"),  # type: ignore[index]
        ({"arms": []}, "at least 1"),
    ],
)
def test_a_wrong_experiment_is_refused(changed: dict[str, object], says: str) -> None:
    with pytest.raises((ValidationError, ValueError), match=says):
        named("business", experiment={**TRIAL, **changed})
