"""What one event costs in a long simulation, as a ratio to one of a short simulation of the same kind.

1.0 means that the cost of an event does not depend on how much happened before.
"""

from collections.abc import Callable
from datetime import date, timedelta
from time import process_time
from typing import Any

from domain.customer import Customer
from domain.documents import read
from domain.policy import Policy
from domain.simulation.events import read_events
from domain.simulation.play import simulate
from settings import ROOT

CUSTOMER = Customer(id="c-1", timezone="Europe/Berlin", country="DE")
BEGIN = date(2016, 1, 4)
SHORT, LONG = 250, 2_000

Event = dict[str, Any]


def paid_late(count: int) -> list[Event]:
    """An invoice every other day, reminded and paid 15 days late."""
    events = []
    for number in range(count):
        day, named = BEGIN + timedelta(days=2 * number), {"invoice": f"I{number}"}
        money = {"amount": "1490.00", "currency": "EUR"}
        due, paid = day + timedelta(days=30), day + timedelta(days=45)
        issued = {"at": day.isoformat(), "type": "invoice_issued", "due_on": due.isoformat()}
        payment = {"at": f"{paid}T10:00:00Z", "type": "payment_received", "payment": f"P{number}"}
        events += [issued | named | money, payment | named | money]
    return events


def without_effect(count: int) -> list[Event]:
    """Twenty events a day that mean nothing here."""
    days = (BEGIN + timedelta(days=number // 20) for number in range(count))
    return [{"at": f"{day}T{number % 20:02}:00:00Z", "type": "card_added"} for number, day in enumerate(days)]


def seconds_an_event(policy: Policy, events: list[Event]) -> float:
    """Play the events and return the processor time of one."""
    history = read_events(CUSTOMER, events)
    began = process_time()
    simulate(policy, CUSTOMER, history, history[-1].happened_on)
    return (process_time() - began) / len(events)


def compare(name: str, made: Callable[[int], list[Event]], policy: Policy) -> None:
    """Print what an event of a long history costs, against one of a short one in the same run."""
    short = seconds_an_event(policy, made(SHORT))
    long = seconds_an_event(policy, made(LONG))
    print(f"{name}: {long * 1e3:.2f} ms an event of {LONG}, {long / short:.2f} times that of {SHORT}")


if __name__ == "__main__":
    text = (ROOT / "policies" / "business.yaml").read_text(encoding="utf-8")
    business = read(text, model=Policy, name="business.yaml")
    seconds_an_event(business, paid_late(20))  # what is loaded once is not measured
    compare("paid late", paid_late, business)
    compare("without effect", without_effect, business)
