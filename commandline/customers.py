"""Commands about one customer: facts that come in by hand, and what finance asks for."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from commandline.session import command, fact, now_of, open_ledger, wake
from commandline.values import (
    AsJson,
    By,
    CustomerId,
    Part,
    Reason,
    any_day,
    day,
    instalment,
    money,
    reason_words,
)
from ending import Stop
from settings import VERSION, Settings

if TYPE_CHECKING:
    from domain.onboarding import Application
    from domain.onboarding.application import Particulars

app = typer.Typer()

CARD_DIGITS = 12
"""The shortest number that a card has: one of these must never come into the ledger."""

InvoiceNumber = Annotated[str, typer.Argument(help="the invoice number, like INV-1042")]
IssuedOn = Annotated[
    date | None, typer.Option("--issued", parser=day, metavar="DATE", help="its date; today without it")
]
ArrivedOn = Annotated[
    date | None, typer.Option("--on", parser=day, metavar="DATE", help="when it arrived; now without it")
]
LastDay = Annotated[date | None, typer.Option("--to", parser=any_day, metavar="DATE", help="last day")]
Why = Annotated[str | None, typer.Option(parser=reason_words, metavar="WORDS", help="why, in a few words")]
DueOn = Annotated[
    date,
    typer.Option("--due", parser=day, metavar="DATE", help="the last day to pay in time, like 2026-03-31"),
]

Instalments = Annotated[
    list[Part] | None,
    typer.Option("--instalment", parser=instalment, metavar="DATE:AMOUNT", help="once for each, in order"),
]


Region = Annotated[
    str | None, typer.Option(help="state or province, like MA or US-MA: contact law differs by it")
]
City = Annotated[str | None, typer.Option(help="one with contact law of its own, like NYC or US-NYC")]


CardFile = Annotated[
    Path | None,
    typer.Option("--card", exists=True, dir_okay=False, help="what a processor says of the card, in JSON"),
]
CardReference = Annotated[
    str | None, typer.Option(help="the processor's name for the card or a charge, like pm_1Nqz")
]
IdentityReference = Annotated[str | None, typer.Option(help="the identity provider's reference of a proof")]
CompanyNumber = Annotated[str | None, typer.Option(help="in the register of companies")]
Expects = Annotated[
    tuple[str, str] | None,
    typer.Option(metavar="AMOUNT CURRENCY", help="what the customer expects to spend a month"),
]
AcceptsPolicy = Annotated[
    str | None, typer.Option(help="the collections policy that was accepted, by name or version")
]
Network = Annotated[str | None, typer.Option(help="the address that it came from")]
Device = Annotated[str | None, typer.Option(help="the device that it came from, by any name")]


@app.command()
def invoice(
    customer: CustomerId,
    number: InvoiceNumber,
    amount: Annotated[str, typer.Argument(help="the amount, like 1490.00")],
    currency: Annotated[str, typer.Argument(help="ISO 4217 code, like EUR")],
    due: DueOn,
    issued: IssuedOn = None,
    side: Annotated[bool, typer.Option(help="a side debt: never suspends the service")] = False,
    parts: Instalments = None,
) -> None:
    """Record an invoice, or one in instalments; the same one again changes nothing."""
    from domain.facts import InvoiceIssued, wrong_instalments

    if issued and due < issued:
        raise Stop(f"--due: {due} is before --issued {issued}: correct one of them", status=2)
    body = InvoiceIssued.model_validate(
        {
            "invoice": number,
            **money(amount, currency),
            "due_on": due,
            "issued_on": issued,
            "main": not side,
            "instalments": _checked(parts, currency),
        }
    )
    if wrong := wrong_instalments(body):
        raise Stop(f"--instalment: {wrong}", status=2)
    fact(customer, body, happened_on=issued, key=f"invoice:{number}")


def _checked(parts: list[Part] | None, currency: str) -> list[dict[str, object]] | None:
    """Return instalments as facts have them, each with an amount that the currency has."""
    return [
        {"due_on": each.due_on, "amount": money(each.amount, currency)["amount"]} for each in parts or ()
    ] or None


@app.command()
def pay(
    customer: CustomerId,
    amount: Annotated[str, typer.Argument(help="the amount, like 1490.00")],
    currency: Annotated[str, typer.Argument(help="ISO 4217 code, like EUR")],
    payment: Annotated[str, typer.Option(help="the payment's own reference; the same one counts once")],
    invoice: Annotated[str | None, typer.Option(help="what it pays; else the oldest due first")] = None,
    deposit: Annotated[str | None, typer.Option(help="the deposit that it names, like ORD-2041-D")] = None,
    on: ArrivedOn = None,
) -> None:
    """Record money that has arrived."""
    from domain.facts import PaymentReceived

    named = {"invoice": invoice, "deposit": deposit}
    body = PaymentReceived.model_validate({"payment": payment, **money(amount, currency), **named})
    fact(customer, body, happened_on=on, key=f"payment:{payment}")


@app.command()
def card(
    customer: CustomerId,
    instrument: Annotated[str, typer.Argument(help="the provider's name for the card, never its number")],
    network: Annotated[
        str | None, typer.Option(help="visa, mastercard, ...; the strictest without it")
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="the card may not be charged any more")] = False,
    by: By = "cli",
) -> None:
    """Record a card that may be charged from now on; what is late is charged to it at once.

    The same card once more on another day says that its data are new, such as another expiry date.
    """
    from domain.facts import CardAdded, CardRemoved

    day_of_it = f"{datetime.now(UTC):%Y-%m-%d}"
    if remove:
        gone = CardRemoved.model_validate({"instrument": instrument, "reason": "removed", "by": by})
        fact(customer, gone, happened_on=None, key=f"card-removed:{customer}:{instrument}:{day_of_it}")
        return
    if sum(sign.isdecimal() for sign in instrument) >= CARD_DIGITS and not instrument.strip("0123456789 -"):
        raise Stop("INSTRUMENT: this looks like a card number: write the provider's name for it", status=2)
    added = CardAdded.model_validate({"instrument": instrument, "network": network, "by": by})
    fact(customer, added, happened_on=None, key=f"card:{customer}:{instrument}:{day_of_it}")


@app.command()
def pause(
    customer: CustomerId,
    reason: Reason,
    until: LastDay = None,
    by: By = "cli",
) -> None:
    """Stop chasing until the end of a day; the days do not count as lateness."""
    command(customer, "pause", {"to": until, "reason": reason, "by": by})


@app.command()
def resume(customer: CustomerId, by: By = "cli") -> None:
    """End a pause now: chasing goes on from where it stood."""
    command(customer, "resume", {"by": by})


@app.command()
def hold(
    customer: CustomerId,
    reason: Annotated[
        str | None, typer.Argument(help="attorney, bankruptcy, deceased, breathing space, legal hold, ...")
    ] = None,
    until: LastDay = None,
    release: Annotated[bool, typer.Option("--release", help="end the hold of this reason, or all")] = False,
    by: By = "cli",
) -> None:
    """Say and do nothing at all to a customer, until released or until a day has passed."""
    if release:
        command(customer, "release", {"reason": reason, "by": by})
        return
    if reason is None:
        raise Stop("REASON: say why, like 'attorney'", status=2)
    command(customer, "hold", {"reason": reason, "to": until, "by": by})


@app.command(name="opt-out")
def opt_out(
    customer: CustomerId,
    channel: Annotated[str, typer.Argument(help="email, sms or call")],
    resume: Annotated[bool, typer.Option("--resume", help="they want to be reached there again")] = False,
    by: By = "cli",
) -> None:
    """Note what a customer told somebody: nothing more by this channel, or by it again."""
    command(customer, "opt_in" if resume else "opt_out", {"channel": channel, "by": by})


@app.command()
def promise(
    customer: CustomerId,
    pay_on: Annotated[date, typer.Argument(parser=day, metavar="DATE", help="the last day to pay")],
    amount: Annotated[
        str | None, typer.Option(help="what was promised, like 250.00; without it all that is past due")
    ] = None,
    currency: Annotated[str | None, typer.Option(help="of the amount, where several are owed")] = None,
    by: By = "cli",
) -> None:
    """Note a promise to pay: chasing rests until the day and its grace are over, or the money is there."""
    told = {"pay_on": pay_on, "amount": amount, "currency": currency, "by": by}
    command(customer, "promise", told)


@app.command(name="plan")
def agree_plan(
    customer: CustomerId,
    parts: Instalments = None,
    currency: Annotated[str | None, typer.Option(help="of the debts, where several are owed")] = None,
    end: Annotated[bool, typer.Option("--end", help="end the plan instead")] = False,
    reason: Annotated[
        str | None, typer.Option(parser=reason_words, metavar="WORDS", help="why it ends; only with --end")
    ] = None,
    by: By = "cli",
) -> None:
    """Agree on instalments for what is open, the oldest due first; each is then chased by its own date.

    A missed instalment ends the plan, unless the policy says otherwise: then the invoices' dates count again.
    """
    if end:
        if parts:
            raise Stop("--instalment: a plan that ends has none: leave out --instalment or --end", status=2)
        command(customer, "end_plan", {"currency": currency, "reason": reason, "by": by})
        return
    if not parts:
        raise Stop("--instalment: say which, like --instalment 2026-03-31:100.00", status=2)
    if reason:
        raise Stop("--reason: only the end of a plan has one: add --end, or leave it out", status=2)
    instalments = [{"due_on": each.due_on, "amount": each.amount} for each in parts]
    command(customer, "agree_plan", {"instalments": instalments, "currency": currency, "by": by})


@app.command()
def exempt(
    customer: CustomerId,
    reason: Reason,
    invoice: Annotated[str | None, typer.Option(help="only this invoice")] = None,
    until: LastDay = None,
    end: Annotated[bool, typer.Option("--end", help="end the exemption instead")] = False,
    by: By = "cli",
) -> None:
    """Never chase a customer, or one invoice, until undone with --end or a day has passed."""
    if end:
        command(customer, "end_exemption", {"invoice": invoice, "by": by, "reason": reason})
    else:
        command(customer, "exempt", {"invoice": invoice, "to": until, "reason": reason, "by": by})


@app.command()
def dispute(
    customer: CustomerId,
    invoice: InvoiceNumber,
    name: Annotated[str, typer.Option("--id", metavar="NAME", help="its own name, like D-7")],
    amount: Annotated[str | None, typer.Option(help="the contested part; without it, all is")] = None,
    owner: Annotated[str | None, typer.Option(help="who is to answer; finance without it")] = None,
    reason: Annotated[str | None, typer.Option(help="what the customer finds wrong")] = None,
    resolve: Annotated[bool, typer.Option("--resolve", help="close the dispute instead")] = False,
    outcome: Annotated[
        Literal["won", "lost"] | None, typer.Option(help="of one that is resolved: won is for us")
    ] = None,
    by: By = "cli",
) -> None:
    """Note that an invoice is contested, or a part of it: that part rests until --resolve.

    What is resolved is chased again, unless it was credited or written off. A lost dispute rests until
    its credit note where the policy waits for one.
    """
    if resolve and owner is not None:
        raise Stop("--owner: a resolved dispute needs no answer: leave out --owner or --resolve", status=2)
    if resolve and amount is not None:
        raise Stop("--amount: a dispute is resolved as a whole: leave out --amount or --resolve", status=2)
    if resolve and reason is not None:
        raise Stop("--reason: it is of an opened dispute: leave out --reason or --resolve", status=2)
    if outcome and not resolve:
        raise Stop("--outcome: only a resolved dispute has one: add --resolve, or leave it out", status=2)
    if resolve:
        given = {"dispute": name, "invoice": invoice, "outcome": outcome, "by": by}
        command(customer, "resolve_dispute", given)
    else:
        told = {"dispute": name, "invoice": invoice, "amount": amount, "owner": owner}
        command(customer, "dispute", {**told, "reason": reason, "by": by})


@app.command(name="write-off")
def write_off(
    customer: CustomerId,
    invoice: InvoiceNumber,
    undo: Annotated[bool, typer.Option("--undo", help="take the write-off back instead")] = False,
    by: By = "cli",
) -> None:
    """Give an invoice up; with --undo it is chased again, from a fresh warning on."""
    command(customer, "undo_write_off" if undo else "write_off", {"invoice": invoice, "by": by})


@app.command(name="hand-over")
def hand_over(
    customer: CustomerId,
    invoice: Annotated[str | None, typer.Option(help="only this invoice; else all that is past due")] = None,
    to: Annotated[str | None, typer.Option(metavar="NAME", help="the agency or the lawyer")] = None,
    take_back: Annotated[
        bool, typer.Option("--take-back", help="collect it ourselves again instead")
    ] = False,
    by: By = "cli",
) -> None:
    """Note that others collect: we chase no more; with --take-back again, from a fresh warning on."""
    if take_back and to is not None:
        raise Stop("--to: what is taken back goes to nobody: leave out --to or --take-back", status=2)
    if take_back:
        command(customer, "take_back", {"invoice": invoice, "by": by})
    else:
        command(customer, "hand_over", {"invoice": invoice, "to": to, "by": by})


@app.command()
def cancelled(customer: CustomerId, why: Why = None, by: By = "cli") -> None:
    """Note that the subscription was cancelled: debts are chased on, and nothing is left to suspend."""
    command(customer, "cancel_subscription", {"outcome": why, "by": by})


@app.command()
def elsewhere(
    customer: CustomerId,
    why: Why = None,
    ended: Annotated[bool, typer.Option("--ended", help="they gave it back")] = False,
    by: By = "cli",
) -> None:
    """Note that others suspended the service: ours neither suspends it nor brings it back meanwhile."""
    if ended and why is not None:
        raise Stop("--why: leave it out with --ended", status=2)
    command(customer, "suspended_elsewhere", {"outcome": "ended" if ended else why, "by": by})


@app.command()
def approve(
    customer: CustomerId,
    step: Annotated[str | None, typer.Option(help="the step that waits; without it, whichever does")] = None,
    reject: Annotated[
        str | None,
        typer.Option(parser=reason_words, metavar="WORDS", help="do not approve, and say why"),
    ] = None,
    by: By = "cli",
) -> None:
    """Approve a step that waits for a person, or reject it: then it stays back until it is approved."""
    from domain.commands import REJECTED

    outcome = None if reject is None else f"{REJECTED}{reject}"
    command(customer, "approve", {"step": step, "outcome": outcome, "by": by})


@app.command()
def suspend(customer: CustomerId, reason: Reason, by: By = "cli") -> None:
    """Suspend now instead of on the planned day; undelivered warnings still forbid it."""
    command(customer, "suspend", {"reason": reason, "by": by})


@app.command()
def reactivate(customer: CustomerId, reason: Reason, by: By = "cli") -> None:
    """Give the service back although money is still owed."""
    command(customer, "reactivate", {"reason": reason, "by": by})


@app.command()
def onboard(
    customer: CustomerId,
    name: Annotated[str, typer.Option(help="the company, or the person")],
    email: Annotated[str, typer.Option(help="where reminders go")],
    phone: Annotated[str | None, typer.Option(help="in international form, like +4930123456")] = None,
    address: Annotated[str | None, typer.Option(help="postal address in one line")] = None,
    country: Annotated[str | None, typer.Option(help="ISO 3166 code, like DE")] = None,
    region: Region = None,
    city: City = None,
    timezone: Annotated[str, typer.Option(help="IANA name, like Europe/Berlin")] = "UTC",
    segment: Annotated[str, typer.Option(help="business or consumer")] = "business",
    language: Annotated[str, typer.Option(help="of messages, like en or pt-BR")] = "en",
    currency: Annotated[str | None, typer.Option(help="ISO 4217 code, like EUR")] = None,
    vat_id: Annotated[str | None, typer.Option("--vat-id", help="tax number of a company")] = None,
    size: Annotated[str | None, typer.Option(help="small, medium, large, or another word")] = None,
    risk: Annotated[str | None, typer.Option(help="low, medium, high, or another word")] = None,
    card: CardFile = None,
    card_reference: CardReference = None,
    identity: IdentityReference = None,
    company_number: CompanyNumber = None,
    expects: Expects = None,
    accepts_policy: AcceptsPolicy = None,
    network: Network = None,
    device: Device = None,
) -> None:
    """Begin the verification of a new customer.

    What comes from --card on is for its checks; network, device and card are kept as hashes alone.
    """
    from commandline.onboarding import card_of, expected
    from domain.onboarding.application import Application, Particulars

    application = Application(
        customer_id=customer,
        name=name,
        email=email,
        phone=phone,
        address=address,
        country=country,
        region=region,
        city=city,
        timezone=timezone,
        segment=segment,
        language=language,
        currency=currency,
        vat_id=vat_id,
        size=size,
        risk=risk,
    )
    more = Particulars(
        card=card_of(card),
        card_reference=card_reference,
        identity=identity,
        company_number=company_number,
        network=network,
        device=device,
        expects=expected(expects),
        accepts=accepts_policy,
    )
    _apply(application, more)


def _apply(application: "Application", more: "Particulars") -> None:
    from composition import onboarding_files
    from domain.errors import Misconfigured
    from domain.identifiers import unusable
    from store import onboarding
    from store.errors import Refused

    if problems := unusable(application):
        raise Stop("\n".join(problems), status=2)
    settings, customer = Settings.from_env(), application.customer_id
    ledger = open_ledger(settings)
    try:
        shared, _ = onboarding_files(settings).shared()
        recorded = onboarding.apply(ledger, application, now=now_of(ledger), more=more, shared=shared)
    except Misconfigured as wrong:
        raise Stop(str(wrong)) from None
    except Refused as refused:
        raise Stop(str(refused)) from None
    if not recorded.accepted:
        typer.echo(f"{customer}: onboarding was begun before")
        return
    typer.echo(f"{customer}: verification begins{wake(settings, customer)}")


@app.command()
def contact(
    customer: CustomerId,
    name: Annotated[str | None, typer.Option(help="the company, or the person")] = None,
    email: Annotated[str | None, typer.Option(help="where reminders go")] = None,
    phone: Annotated[str | None, typer.Option(help="in international form, like +4930123456")] = None,
    address: Annotated[str | None, typer.Option(help="postal address in one line")] = None,
    timezone: Annotated[str | None, typer.Option(help="IANA name, like America/New_York")] = None,
    region: Region = None,
    city: City = None,
    by: By = "cli",
    as_json: AsJson = False,
) -> None:
    """Change how a customer is reached, and where; without options, say what is known, and never what it is.

    An empty value takes one away. What comes by `import` counts at the next one: correct it there too.
    """
    from store import customers

    settings = Settings.from_env()
    ledger = open_ledger(settings)
    if timezone or region or city:
        now = now_of(ledger)
        placed = customers.place(
            ledger, customer, timezone=timezone, region=region, city=city, by=by, now=now
        )
        words = f"changed {', '.join(placed)}" if placed else "known already"
        typer.echo(f"{customer}: {words}{wake(settings, customer) if placed else ''}")
    options = {"name": name, "email": email, "phone": phone, "address": address}
    given = {key: value.strip() or None for key, value in options.items() if value is not None}
    if given:
        changed, news = customers.correct_contact(ledger, customer, given, by=by, now=now_of(ledger))
        woken = wake(settings, customer) if news else ""
        words = f"changed {', '.join(changed)}" if changed else "known already"
        typer.echo(f"{customer}: {words}{woken}")
    if given or timezone or region or city:
        return
    known = customers.known_contact(ledger, customer)
    if as_json:
        typer.echo(json.dumps({"customer": customer, "known": known}, indent=2))
        return
    for kind, there in known.items():
        typer.echo(f"{kind.replace('_', ' ')}: {'known' if there else 'not known'}")


@app.command()
def forget(customer: CustomerId, by: By = "cli") -> None:
    """Destroy a customer's contact data for good; amounts, dates and what was decided stay.

    Refused while money is open, and for as long as the law of the place keeps records.
    """
    from store.errors import Refused, UnknownCustomer
    from store.forgetting import forget as destroy

    ledger = open_ledger(Settings.from_env())
    try:
        destroyed = destroy(ledger, customer, by=by, now=now_of(ledger))
    except UnknownCustomer:
        raise
    except Refused as refused:
        raise Stop(f"{customer}: {refused}") from None
    typer.echo(
        f"{customer}: {'contact data destroyed' if destroyed else 'no contact data: forgotten already'}"
    )


@app.command()
def show(customer: CustomerId, as_json: AsJson = False) -> None:
    """Show a customer: what is owed, what was said, what is next, and why."""
    from activities.books import Books
    from domain.commands import COMMANDS
    from domain.contact_law.words import law_says
    from domain.finance_page import details
    from store import clock, journal
    from store.assess import peek

    ledger = open_ledger(Settings.from_env())
    books = Books(ledger=ledger, clock=lambda: clock.read(ledger), code_version=VERSION)
    seen = peek(ledger, customer, now=now_of(ledger))
    view, house = books.view(seen), seen.policy.contact.house
    law = law_says(seen.account.law, seen.now.date(), house=house)
    lines = journal.read(ledger, customer)
    if as_json:
        journaled = [{"at": line.at.isoformat(), "what": line.what, "why": line.why} for line in lines]
        typer.echo(json.dumps({"view": view, "law": law, "journal": journaled}, indent=2))
        return
    typer.echo(details(view, COMMANDS).replace("**", "").replace("`", "").removeprefix("# "))
    if law:
        typer.echo("\nContact law")
        typer.echo("\n".join(f"- {line}" for line in law))
    typer.echo("\nWhat was decided, and why")
    for line in lines:
        typer.echo(f"- {line.at:%d %b %Y %H:%M} {line.what} {line.step or ''}: {line.why}")
