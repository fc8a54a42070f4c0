"""Which policy a customer is under: the choice is kept, a person overrides it, a case pins it."""

from typing import Any

import pytest
from sqlmodel import select

from commandline.progress import bar
from domain.policy import Policy
from store import commands, explaining, facts, journal, policies, sweep, what_if
from store.errors import NoPolicy, Refused
from store.tables import CustomerRow

FIRST = "first/email"


def changed(base: Policy, **values: Any) -> Policy:
    return Policy.model_validate({**base.model_dump(by_alias=True), **values})


@pytest.fixture
def small(policy):
    return changed(policy, policy="small", **{"for": {"segments": ["business"], "sizes": ["small"]}})


@pytest.fixture
def other(policy):
    """A policy that nobody gets by itself."""
    return changed(policy, policy="other", title="Other", **{"for": {"tags": ["nobody"]}})


def adopt(business, *adopting, day=0):
    return policies.adopt_all(business.ledger, adopting, now=business.at(day), by="maria")


def perform(business, name, command, day=3, **data):
    return commands.perform(business.ledger, name, command, {**data, "by": "maria"}, now=business.at(day))


def chosen(business, name="ACME"):
    with business.ledger.read() as session:
        kept = session.get_one(CustomerRow, name).chosen
        return kept and (kept["policy"], kept["why"])


def test_the_choice_is_kept_with_its_reason(business):
    business.invoice(business.customer())
    assert chosen(business) is None
    assessed = business.assess("ACME", business.at(0))
    assert chosen(business) == ("business", "it is the first policy for segment business")
    assert assessed.chosen == "it is the first policy for segment business"


def test_a_line_says_when_another_policy_is_chosen_and_keeps_the_one_before(business, small, policy):
    business.invoice(business.customer(size="small"))
    business.assess("ACME", business.at(0))
    with business.ledger.write() as session:
        session.get_one(CustomerRow, "ACME").risk = "low"
    adopt(business, changed(policy, title="N", **{"for": {"segments": ["consumer"]}}), small, day=1)
    business.assess("ACME", business.at(1))
    (line,) = [line for line in journal.read(business.ledger, "ACME") if line.rule == "assigned.changed"]
    assert line.why == (
        "policy small instead of business: it is the first policy for segment business, size small"
    )
    assert line.reason["before_since"] == business.at(0).isoformat()
    business.assess("ACME", business.at(2))
    assert len([each for each in journal.read(business.ledger, "ACME") if each.rule]) == 1


def test_nobody_s_customer_is_told_what_would_be_for_it(business, small):
    name = business.customer(segment="martians", country="DE")
    with pytest.raises(NoPolicy, match="business is only for segment business") as caught:
        business.assess(name, business.at(0))
    assert "segment martians, country DE, currency EUR, size unknown" in str(caught.value)


def test_adopting_has_those_looked_at_whom_the_policy_is_for_and_nobody_else(business, small):
    for name, size in (("SMALL", "small"), ("LARGE", "large"), ("UNKNOWN", None)):
        business.customer(name, size=size)
        business.assess(name, business.at(0))
    adopt(business, small)
    assert sweep.due(business.ledger, now=business.at(0), limit=9) == ["SMALL"]


def test_whom_no_policy_is_for_is_counted_by_all_that_is_asked(business, policy):
    adopt(business, changed(policy, **{"for": {"segments": ["business"], "sizes": ["small"]}}))
    business.customer("A", size="small")
    business.customer("B", size="large")
    business.customer("C")
    business.customer("D", segment="consumer")
    with business.ledger.read() as session:
        assert policies.uncovered(session) == {"business": 2, "consumer": 1}
    adopt(business, changed(policy, policy="vips", **{"for": {"tags": ["vip"]}}))
    business.customer("E", segment="consumer", tags=("vip",))
    with business.ledger.read() as session:
        assert policies.uncovered(session) == {"business": 2, "consumer": 1}


# --- a person's choice


def test_a_person_s_choice_counts_at_once_where_no_case_is_open(business, other):
    adopt(business, other)
    business.invoice(business.customer())
    business.assess("ACME", business.at(0))
    done = perform(business, "ACME", "use_policy", day=0, policy="other", reason="asked by sales")
    assert done.words == "Chose policy other until further notice: asked by sales."
    assert business.assess("ACME", business.at(0)).policy_name == "other"
    assert chosen(business) == ("other", "maria chose it until further notice: asked by sales")


def test_it_counts_from_the_next_case_on_where_one_is_open(business, other):
    adopt(business, other)
    business.invoice(business.customer())
    business.send("ACME", FIRST, business.at(3))
    perform(business, "ACME", "use_policy", policy="other", reason="asked")
    assert business.assess("ACME", business.at(3)).policy_name == "business"
    business.pay("ACME", now=business.at(4))
    assert business.assess("ACME", business.at(4)).policy_name == "other"


def test_it_ends_with_its_last_day_by_itself(business, other):
    adopt(business, other)
    business.invoice(business.customer())
    to = business.at(-8).date().isoformat()
    perform(business, "ACME", "use_policy", day=-10, policy="other", reason="asked", to=to)
    assessed = business.assess("ACME", business.at(-8))
    assert assessed.policy_name == "other"
    ends_at = assessed.plan.wake_at
    assert ends_at == business.at(-7, 0)
    assert business.assess("ACME", ends_at).policy_name == "business"


def test_it_is_ended_by_hand(business, other):
    adopt(business, other)
    business.invoice(business.customer())
    assert "end_use_policy" in business.assess("ACME", business.at(0)).plan.allowed
    with pytest.raises(Refused, match="Nobody chose a policy for this customer"):
        perform(business, "ACME", "end_use_policy", day=0)
    perform(business, "ACME", "use_policy", day=0, policy="other", reason="asked")
    perform(business, "ACME", "end_use_policy", day=0)
    assert business.assess("ACME", business.at(0)).policy_name == "business"
    again = perform(business, "ACME", "use_policy", day=0, policy="other", reason="asked")
    assert not again.already


def test_a_policy_that_is_not_adopted_cannot_be_chosen(business):
    business.invoice(business.customer())
    with pytest.raises(Refused, match="No policy 'othr' is adopted; adopted are: business"):
        perform(business, "ACME", "use_policy", policy="othr", reason="asked")


def test_one_that_was_retired_since_is_passed_over(business, other):
    adopt(business, other)
    business.invoice(business.customer())
    perform(business, "ACME", "use_policy", day=0, policy="other", reason="asked")
    business.assess("ACME", business.at(0))
    policies.retire(business.ledger, "other", now=business.at(1), by="maria")
    assert sweep.due(business.ledger, now=business.at(1), limit=9) == ["ACME"]
    assert business.assess("ACME", business.at(1)).policy_name == "business"
    explained = explaining.explain(business.ledger, "ACME", now=business.at(1))
    assert "passed over: other, which maria chose, is not adopted any more" in explained.lines()


# --- a case


def test_a_policy_is_adopted_for_an_open_case_and_for_this_one_only(business, policy):
    business.invoice(business.customer())
    business.send("ACME", FIRST, business.at(3))
    (version,) = adopt(business, changed(policy, title="Newer"), day=3)
    assert business.assess("ACME", business.at(3)).policy_version == policy.version
    perform(business, "ACME", "adopt_policy", policy="business")
    assert business.assess("ACME", business.at(3)).policy_version == version
    assert perform(business, "ACME", "adopt_policy", policy="business").already
    (newest,) = adopt(business, changed(policy, title="Newest"), day=3)
    business.pay("ACME", now=business.at(4))
    assert business.assess("ACME", business.at(4)).policy_version == newest


def test_a_policy_may_be_adopted_back_on_the_same_day(business, other, policy):
    adopt(business, other)
    business.invoice(business.customer())
    business.send("ACME", FIRST, business.at(3))
    for name in ("other", "business", "other"):
        assert not perform(business, "ACME", "adopt_policy", policy=name).already
        assert business.assess("ACME", business.at(3)).policy_name == name


@pytest.mark.parametrize(
    ("name", "says"),
    [("business", "is under [0-9a-f]{12} already"), ("nobody", "No policy 'nobody' was adopted here")],
)
def test_what_cannot_be_adopted_for_a_case_is_refused(business, name, says):
    business.invoice(business.customer())
    business.send("ACME", FIRST, business.at(3))
    with pytest.raises(Refused, match=says):
        perform(business, "ACME", "adopt_policy", policy=name)


def test_without_an_open_case_nothing_is_adopted(business):
    business.invoice(business.customer())
    with pytest.raises(Refused, match="No case is open: choose the policy of the next one with use_policy"):
        perform(business, "ACME", "adopt_policy", day=0, policy="business")


def test_a_retired_policy_keeps_its_open_case_and_gets_no_other(business, other, policy):
    adopt(business, changed(policy, policy="later", title="Later"), other)
    business.invoice(business.customer())
    business.send("ACME", FIRST, business.at(3))
    policies.retire(business.ledger, "business", now=business.at(3), by="maria")
    assert business.assess("ACME", business.at(3)).policy_name == "business"
    business.pay("ACME", now=business.at(4))
    assert business.assess("ACME", business.at(4)).policy_name == "later"
    with pytest.raises(Refused, match="No policy 'business' is adopted"):
        policies.retire(business.ledger, "business", now=business.at(4), by="maria")


def test_the_arm_of_an_experiment_is_not_retired(business, other, policy):
    trial = {"name": "trial", "arms": [{"id": "soft", "share": 100, "policy": "other"}]}
    adopt(business, other, changed(policy, experiment=trial))
    with pytest.raises(Refused, match="other is an arm of the experiment in business"):
        policies.retire(business.ledger, "other", now=business.at(1), by="maria")
    business.invoice(business.customer())
    assert business.assess("ACME", business.at(0)).policy_name == "other"
    with business.ledger.read() as session:
        kept = session.exec(select(CustomerRow.chosen)).one()
    assert kept is not None
    assert (kept["experiment"], kept["arm"]) == ("trial", "soft")


# --- beforehand, and afterwards


def test_what_a_policy_would_change_is_said_before_it_is_adopted(business, policy):
    late, calm = business.customer(), business.customer("CALM", segment="consumer")
    business.invoice(late)
    business.invoice(calm, "INV-2")
    business.send(late, FIRST, business.at(3))
    steps = [step for step in policy.model_dump(by_alias=True)["steps"] if step["kind"] != "suspend"]
    extra = {"kind": "notice", "id": "extra", "offset_days": 9, "template": "reminder_first"}
    newer = changed(policy, steps=[steps[0], extra, *steps[1:]])
    before = journal.read(business.ledger)
    (found,) = what_if.adopting(business.ledger, newer, now=business.at(3), bar=bar)
    assert (found.change.customer_id, found.case_open) == ("ACME", True)
    assert [each.step for each in found.change.appears] == ["extra"]
    assert "suspend" in {each.step for each in found.change.vanishes}
    assert "its case keeps its own until `policy switch`" in found.words
    assert journal.read(business.ledger) == before
    assert what_if.adopting(business.ledger, policy, now=business.at(3), bar=bar) == []


def test_who_would_have_a_policy_at_last_is_in_it_too(business, other, policy):
    calm = business.customer("CALM", segment="consumer")
    business.invoice(calm, "INV-2")
    consumer = changed(policy, policy="consumer", **{"for": {"segments": ["consumer"]}})
    (found,) = what_if.adopting(business.ledger, consumer, now=business.at(3), bar=bar)
    assert (found.before, found.change.before) == (None, ())
    assert f"{found.change.customer_id}: no policy -> consumer/" in found.words
    assert "first/email today" in found.words


def test_a_switch_is_previewed_and_takes_the_older_versions_of_this_policy_only(business, other, policy):
    adopt(business, other)
    for name in ("ACME", "BOLT"):
        business.invoice(business.customer(name), f"INV-{name}")
        business.send(name, FIRST, business.at(3))
    perform(business, "BOLT", "adopt_policy", policy="other")
    adopt(business, changed(policy, title="Newer"), day=3)
    found = what_if.switching(business.ledger, "business", None, now=business.at(3), bar=bar)
    assert [each.change.customer_id for each in found] == ["ACME"]
    assert not found[0].change.changes
    one = what_if.switching(business.ledger, "business", "BOLT", now=business.at(3), bar=bar)
    assert [each.change.customer_id for each in one] == ["BOLT"]


def test_it_is_explained_what_is_pinned_what_comes_next_and_what_holds(business, other, policy):
    adopt(business, other)
    business.invoice(business.customer())
    business.send("ACME", FIRST, business.at(3))
    perform(business, "ACME", "use_policy", policy="other", reason="asked")
    perform(business, "ACME", "pause", reason="asked for time", to=business.at(20).date().isoformat())
    lines = explaining.explain(business.ledger, "ACME", now=business.at(3)).lines()
    assert lines[0].startswith("ACME: segment business, country unknown, currency EUR, size unknown")
    assert lines[1:4] == [
        f"policy: business {policy.version}, pinned by case 1",
        "the next case: other, maria chose it until further notice: asked",
        "by hand: other by maria until further notice: asked",
    ]
    assert any(line.startswith("held: ") and "hold.paused: paused until" in line for line in lines)


def test_a_customer_without_a_policy_is_explained_too(business):
    business.customer("MARS", segment="martians")
    explained = explaining.explain(business.ledger, "MARS", now=business.at(0))
    assert explained.lines()[1:] == [
        "policy: none, no adopted policy is for this customer",
        "passed over: business is only for segment business",
    ]
    assert explained.json()["policy"] is None


def test_facts_about_policies_are_kept(business, other):
    adopt(business, other)
    business.invoice(business.customer())
    perform(business, "ACME", "use_policy", policy="other", reason="asked")
    perform(business, "ACME", "end_use_policy")
    kinds = [type(fact.body).__name__ for fact in facts.history(business.ledger, "ACME")]
    assert kinds[-2:] == ["PolicyOverrideSet", "PolicyOverrideEnded"]
