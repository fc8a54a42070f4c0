"""What a customer asks for on the page: read from a form, done by the use cases that finance has too.

The customer is told in words of the page what is wrong; the sentences of a refusal are finance's.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from domain.channels import EMAIL
from domain.money import Money
from domain.own_page import CALL_TIMES, CUSTOMER, MOST_LETTERS, REASONS, Channel, OwnPage
from store import commands, self_service
from store.database import Ledger
from store.errors import Refused
from web.own_page.amounts import typed


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A form that was sent, and the page as it stood then."""

    ledger: Ledger
    page: OwnPage
    form: Mapping[str, str]
    languages: tuple[str, ...]
    now: datetime

    def text(self, name: str) -> str:
        """Return what stands in a field, without what no page and no database shows."""
        said = self.form.get(name, "").replace("\r\n", "\n").strip()
        return "".join(letter for letter in said if letter.isprintable() or letter == "\n")

    def command(self, name: str, given: Mapping[str, Any]) -> commands.Done:
        """Perform a command in the name of the customer."""
        said = {key: value for key, value in given.items() if value is not None}
        customer = self.page.customer
        return commands.perform(self.ledger, customer, name, {**said, "by": CUSTOMER}, now=self.now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of it.

    Attributes:
        note: names the words that say what was done; empty where it was not.
        problem: names the words that say what is wrong, and `field` where.
        wake: whether the customer's workflow has to look.
    """

    note: str = ""
    problem: str = ""
    field: str = ""
    wake: bool = False


def _promise(asked: Asked) -> Outcome:
    if asked.page.silent:
        return Outcome(problem="promise")
    offer = asked.page.offer
    try:
        pay_on = date.fromisoformat(asked.text("pay_on"))
    except ValueError:
        return Outcome(problem="day", field="pay_on")
    if offer is not None and not offer.first <= pay_on <= offer.last:
        return Outcome(problem="day", field="pay_on")
    amount = None
    if said := asked.text("amount"):
        most = _most(asked, offer.most if offer else ())
        amount = typed(said, most.currency) if most else None
        if amount is None or most is None or amount > most:
            return Outcome(problem="amount", field="promise_amount")
    elif offer is not None and not offer.whole:
        return Outcome(problem="amount", field="promise_amount")
    given = {"pay_on": pay_on.isoformat(), **_amount(amount, with_currency=True)}
    return _told(lambda: asked.command("promise", given), "promise", field="pay_on")


def _most(asked: Asked, most: tuple[Money, ...]) -> Money | None:
    """Return what is open in the currency that was chosen, or in the only one."""
    currency = asked.text("currency")
    return next((each for each in most if currency in ("", each.currency)), None)


def _dispute(asked: Asked) -> Outcome:
    if asked.page.silent:
        return Outcome(problem="dispute")
    invoice, why, words = asked.text("invoice"), asked.text("reason"), asked.text("words")
    if why not in REASONS:
        return Outcome(problem="reason", field="reason")
    if len(words) > MOST_LETTERS:
        return Outcome(problem="words", field="dispute_words")
    amount = None
    if said := asked.text("amount"):
        most = next((each.most for each in asked.page.contestable if each.invoice == invoice), None)
        amount = typed(said, most.currency) if most else None
        if amount is None or most is None or amount > most:
            return Outcome(problem="amount", field="dispute_amount")
    # One dispute of an invoice on a day: to send the form again is to say the same again.
    name = f"page-{asked.page.today:%y%m%d}-{invoice}"[:128]
    given = {"dispute": name, "invoice": invoice, "reason": REASONS[why], **_amount(amount)}
    told = _told(lambda: asked.command("dispute", given), "dispute", field="invoice")
    if words and told.note:
        said_too = self_service.write_to_us(
            asked.ledger, asked.page.customer, "dispute", f"{invoice}: {words}", now=asked.now
        )
        return Outcome(note=told.note, wake=told.wake or said_too.wake)
    return told


def _call(asked: Asked) -> Outcome:
    when, words = asked.text("when"), asked.text("words")
    if when not in CALL_TIMES or len(words) > MOST_LETTERS:
        return Outcome(problem="words", field="call_words")
    text = f"Please call me ({'at any time' if when == 'any' else f'in the {when}'}). {words}".strip()
    done = self_service.write_to_us(asked.ledger, asked.page.customer, "call_me", text, now=asked.now)
    return Outcome(note="already" if done.already else "call", wake=done.wake)


def _preferences(asked: Asked) -> Outcome:
    """Take language and channels.

    A browser sends no box that is not ticked: a field of its own says that the form had them.
    """
    language, wake = asked.text("language"), False
    if language not in asked.languages:
        return Outcome(problem="language", field="language")
    # Who reads a page in English for want of words in Swedish keeps Swedish, until another one is chosen.
    if language != asked.text("shown"):
        wake = self_service.choose_language(asked.ledger, asked.page.customer, language, now=asked.now).wake
    for channel in asked.page.channels if "channels" in asked.form else ():
        told = _channel(asked, channel)
        if told.problem:
            return Outcome(problem=told.problem, field=told.field, wake=wake)
        wake = wake or told.wake
    return Outcome(note="saved", wake=wake)


def _channel(asked: Asked, channel: Channel) -> Outcome:
    """Subscribe or unsubscribe one channel, where the box says otherwise than the ledger."""
    wanted = channel.name in asked.form
    if not channel.may_change or wanted == channel.wanted:
        return Outcome(note="saved")
    # Whoever leaves the list still gets what the law has us send.
    scope = "list" if channel.name == EMAIL and not wanted else None
    name, given = "opt_in" if wanted else "opt_out", {"channel": channel.name, "scope": scope}
    return _told(lambda: asked.command(name, given), "saved", field="language")


def _amount(amount: Money | None, *, with_currency: bool = False) -> dict[str, str]:
    if amount is None:
        return {}
    given = {"amount": f"{amount.amount:f}"}
    return {**given, "currency": amount.currency} if with_currency else given


def _told(act: Callable[[], commands.Done], note: str, *, field: str) -> Outcome:
    try:
        done = act()
    except Refused:
        return Outcome(problem=note, field=field)
    return Outcome(note="already" if done.already else note, wake=done.wake)


ACTIONS: Mapping[str, Callable[[Asked], Outcome]] = {
    "promise": _promise,
    "dispute": _dispute,
    "call": _call,
    "preferences": _preferences,
}
"""What may be asked for, by the last part of the path that a form is sent to."""
NOTES = frozenset({"promise", "dispute", "call", "saved", "already"})
"""What a page may say was done."""
