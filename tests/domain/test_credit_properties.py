"""The promise of the gate: whatever happens in whatever order, nothing is provisioned before its money.

Random events are played through the simulator; what it provisioned is then judged by rules of this file's
own, which know only the events until that instant.
"""

from datetime import date, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from domain.simulation.events import read_events
from tests.domain.playing import CUSTOMER, event, play
from tests.effort import examples

START = datetime.fromisoformat("2026-02-02T00:00:00+00:00")
ASKED = {"O-1": 300, "O-2": 500}


@st.composite
def histories(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Orders, their deposits, money that comes, goes and comes back, credit that begins and ends."""
    told, paid = [], list[str]()
    for order, amount in ASKED.items():
        at = draw(st.integers(0, 40))
        named = {"order": order, "amount": str(amount), "currency": "EUR"}
        told.append((at, "order_placed", named))
        told.append((at, "deposit_requested", {**named, "deposit": f"{order}-D", "due_on": "2026-12-31"}))
    for n in range(draw(st.integers(0, 6))):
        deposit = draw(st.sampled_from(["O-1-D", "O-2-D"]))
        amount = draw(st.sampled_from([1, 150, 300, 500, 900]))
        named = {"payment": f"P{n}", "amount": str(amount), "currency": "EUR", "deposit": deposit}
        at = draw(st.integers(0, 60))
        kinds = draw(
            st.sampled_from([("in_flight",), ("received",), ("received",), ("in_flight", "received")])
        )
        told += [(at + 3 * i, f"payment_{kind}", named) for i, kind in enumerate(kinds)]
        paid.append(f"P{n}")
    for payment in draw(st.lists(st.sampled_from(paid or ["P0"]), max_size=3)):
        at = draw(st.integers(0, 70))
        told.append((at, draw(st.sampled_from(["refunded", "charged_back"])), {"payment": payment}))
        if draw(st.booleans()):
            told.append((at + draw(st.integers(1, 9)), "chargeback_reversed", {"payment": payment}))
    if draw(st.integers(0, 3)) == 0:
        limit = draw(st.sampled_from(["0", "250", "400", "2000"]))
        at = draw(st.integers(0, 60))
        told.append((at, "credit_granted", {"limit": limit, "currency": "EUR", "reason": "r"}))
        if draw(st.booleans()):
            told.append((at + draw(st.integers(0, 5)), "credit_ended", {"reason": "r"}))
    if draw(st.booleans()):
        told.append((draw(st.integers(0, 40)), "onboarded", {"outcome": "approved_prepayment"}))
    hours = [(START + timedelta(hours=3 * at), kind, fields) for at, kind, fields in told]
    return [event(at.isoformat(), kind, **fields) for at, kind, fields in draw(st.permutations(hours))]


def settled(events: list[dict[str, Any]], deposit: str, until: datetime) -> int:
    """What of a deposit has come and was not taken back, by a count of its own."""
    known = [each for each in events if at_of(each) <= until]
    came = {e["payment"]: at_of(e).date() for e in known if e["type"] == "payment_received"}

    def posted(each: dict[str, Any]) -> tuple[date, int, datetime]:
        """What takes a payment back that is dated before it waits for it."""
        on = at_of(each).date()
        return max(on, came.get(each.get("payment", ""), on)), _RANK[each["type"]], at_of(each)

    known.sort(key=posted)
    there, gone = dict[str, int](), dict[str, int]()
    for each in known:
        name = each.get("payment", "")
        match each["type"]:
            case "payment_received" if each["deposit"] == deposit:
                there.setdefault(name, int(each["amount"]))
            case "refunded" if name in there:
                there[name] = 0
            case "charged_back" if name in there:
                gone[name] = gone.get(name, 0) + there[name]
                there[name] = 0
            case "chargeback_reversed" if name in there:
                there[name] += gone.pop(name, 0)
            case _:
                pass
    return sum(there.values())


_KINDS = (
    *("order_placed", "deposit_requested", "onboarded", "credit_granted", "credit_ended"),
    *("payment_in_flight", "payment_received", "refunded", "charged_back", "chargeback_reversed"),
)
_RANK = {kind: min(rank, 8) for rank, kind in enumerate(_KINDS)}


def at_of(each: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(each["at"])


def credit_at(events: list[dict[str, Any]], until: datetime) -> int:
    """The limit that was in force."""
    told = [e for e in events if e["type"].startswith("credit_") and at_of(e) <= until]
    last = max(told, key=lambda e: (at_of(e), e["type"] == "credit_ended"), default=None)
    return 0 if last is None or last["type"] == "credit_ended" else int(last["limit"])


def told(*lines: tuple[str, str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Events about O-1, which is placed on the ninth."""
    named = {"order": "O-1", "amount": "300", "currency": "EUR"}
    placed = [
        event("2026-02-09T00:00:00+00:00", "order_placed", **named),
        event("2026-02-09T00:00:00+00:00", "deposit_requested", **named, deposit="O-1-D"),
    ]
    return [*placed, *(event(f"{at}T09:00:00+00:00", kind, **fields) for at, kind, fields in lines)]


MONEY = {"payment": "P0", "amount": "300", "currency": "EUR", "deposit": "O-1-D"}


@example(told(("2026-02-03", "payment_received", MONEY), ("2026-02-04", "charged_back", {"payment": "P0"})))
@example(told(("2026-02-03", "payment_received", MONEY), ("2026-02-04", "refunded", {"payment": "P0"})))
@example(told(("2026-02-03", "payment_in_flight", MONEY)))
@settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories())
def test_nothing_is_provisioned_before_its_first_payment_has_settled(events: list[dict[str, Any]]) -> None:
    outcome = play(*events, until="2026-02-20")
    done = [line for line in outcome.lines if line.effect == "provision"]
    orders = [line.debts[0].part for line in done]
    assert len(orders) == len(set(orders)), "an order is provisioned once"
    for line in done:
        order = line.debts[0].part
        paid, limit = settled(events, f"{order}-D", line.at), credit_at(events, line.at)
        assert (paid > 0 and paid >= ASKED[order]) or limit >= ASKED[order], (order, line.at, paid, limit)
    # And nobody waits whose money is there at the end.
    for order in outcome.account.credit.waiting:
        assert (
            settled(events, f"{order.name}-D", datetime.max.replace(tzinfo=START.tzinfo)) < ASKED[order.name]
        )


@settings(max_examples=examples(10), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories())
def test_the_order_of_the_file_changes_nothing(events: list[dict[str, Any]]) -> None:
    backwards = play(*reversed(events), until="2026-02-20")
    assert backwards.account.credit.orders == play(*events, until="2026-02-20").account.credit.orders
    assert len(read_events(CUSTOMER, events)) == len(events)
