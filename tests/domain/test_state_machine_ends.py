"""The machine of tests/domain/test_state_machine.py with every way to end, and what an end promises."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule, run_state_machine_as_test

from domain.own_steps import AFTER_END
from domain.policy import Policy
from tests.domain.test_contact_in_plan import call, notice, policy
from tests.domain.test_state_machine import HOURS, INVOICES, LADDER, Life, seen

END_NOTICE_DAYS, SUSPENDED_DAYS = 7, 15
ENDS: Policy = policy(
    notice("first", 2, "email", "sms", send="all"),
    call("call", 10),
    {"kind": "restrict", "id": "restrict", "offset_days": 9, "needs_delivered": ["first"]},
    notice("final", 12, "email", "sms", send="all"),
    *LADDER.steps[-1:],
    notice("last_call", 35, "email", "sms"),
    {"kind": "hand_over", "id": "agency", "offset_days": 40, "needs_delivered": ["final"]},
    {"kind": "terminate", "id": "terminate", "offset_days": 45, "approval": {"USD": "100"}}
    | {"suspended_days": SUSPENDED_DAYS, "notice_days": END_NOTICE_DAYS, "needs_delivered": ["last_call"]},
    {"kind": "write_off", "id": "give_up", "offset_days": 60},
    minimum_gap_days=1,
)
ENOUGH = settings(max_examples=30, stateful_step_count=30, deadline=None, derandomize=True, database=None)
TURNS = ("restrict", "suspend", "terminate")
PUT_ASIDE = ("agency", "give_up", AFTER_END, "service-ended", "thanks")
"""What may still be about a debt that is with others, or of before the end."""


class LifeToTheEnd(Life):
    """The same life, in which debts go to others, subscriptions end, and finance says yes."""

    ladder = ENDS

    @rule(after=HOURS, name=st.sampled_from([*INVOICES, None]))
    def a_debt_goes_to_others(self, after: int, name: str | None) -> None:
        self._tell("handed_over", after, invoice=name)

    @precondition(lambda self: self._told("handed_over") > self._told("taken_back"))
    @rule(after=HOURS)
    def all_is_taken_back(self, after: int) -> None:
        self._tell("taken_back", after)

    @precondition(lambda self: self._told("approved") < 3)
    @rule(after=HOURS)
    def finance_says_yes(self, after: int) -> None:
        self._tell("approved", after)

    @precondition(lambda self: self._told("subscription_cancelled") < 1 and len(self.events) > 8)
    @rule(after=HOURS)
    def the_subscription_is_cancelled(self, after: int) -> None:
        self._tell("subscription_cancelled", after)

    @invariant()
    def no_end_comes_out_of_the_blue(self) -> None:
        lines = [done.line for done in self.made]
        for i, line in enumerate(lines):
            if line.step not in ("terminate", "agency", "give_up"):
                continue
            assert not self.made[i].held, "under a hold"
            if line.step == "terminate":
                turned = [each for each in lines[:i] if each.effect in (*TURNS, "reactivate")]
                assert turned[-1].effect == "suspend"
                assert line.at - turned[-1].at >= timedelta(days=SUSPENDED_DAYS - 1)
                named = {debt.key for debt in line.debts}
                told = [each for each in lines[:i] if each.step == "last_call"]
                warned = {debt.key: each.at for each in told for debt in each.debts}
                assert named <= set(warned)
                assert all(line.at - warned[key] >= timedelta(days=END_NOTICE_DAYS - 1) for key in named)

    @invariant()
    def an_end_is_final(self) -> None:
        lines = [done.line for done in self.made]
        ended = next((i for i, each in enumerate(lines) if each.step == "terminate"), None)
        if ended is None:
            return
        end = lines[ended].at.astimezone(ZoneInfo(self.customer.timezone)).date().isoformat()
        # What falls due later is chased as what is issued later.
        bills = [each for each in self.events if each["type"] == "invoice_issued"]
        before = {each["invoice"] for each in bills if each["due_on"] <= end}
        for line in lines[ended + 1 :]:
            assert line.effect in ("notice", "task"), "turned after the end"
            about = {debt.invoice for debt in line.debts} & before
            if line.at > lines[ended].at and not (line.step or "").startswith("approve-"):
                assert not about or line.step in PUT_ASIDE, f"{line.step} after the end"


def test_whatever_befalls_a_customer_nobody_comes_to_an_end_unwarned() -> None:
    seen.clear()
    run_state_machine_as_test(LifeToTheEnd, settings=ENOUGH)
    # A machine that never comes to an end would prove little.
    assert seen["restrict"] >= 8
    assert seen["agency"] >= 5
    assert seen["terminate"] >= 3
    assert seen["foretold"] >= 60
