"""What a look at the world outside sees: one table of parts and one of codes, and the sentences made of them.

A part is something that is set up and can be broken alone. A code says what was seen of it. Who looks gives
both with values; nothing of it is a secret or personal data.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Part = Literal[
    "sendgrid",
    "sendgrid.log",
    "twilio",
    "twilio.token",
    "twilio.sender",
    "twilio.verify",
    "stripe",
    "partner_center",
    "partner_center.user",
    "partner_center.graph",
    "public_url",
    "desk",
    "events",
    "service",
    "bureau",
    "identity",
    "sanctions",
]
Code = Literal[
    "reached",
    "absent",
    "shut",
    "unreachable",
    "untrusted",
    "refused",
    "forbidden",
    "missing",
    "unwell",
    "odd",
    "clock",
    "clock_off",
    "granted",
    "usable",
    "closed",
    "trial",
    "mute",
    "expiring",
    "plain",
    "mode",
    "logged_in",
    "said",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a part is.

    Attributes:
        then: what does not work while it is broken.
        absent: what is done in its place where it is not set up.
    """

    title: str
    then: str
    absent: str = ""


PARTS: Mapping[Part, About] = {
    "sendgrid": About(
        title="SendGrid", then="no email goes out", absent="emails go to the outbox, and nobody gets them"
    ),
    "sendgrid.log": About(
        title="SendGrid's log",
        then="nobody asks what became of an email that nothing is heard of, and one in doubt goes out again",
    ),
    "twilio": About(
        title="Twilio", then="no SMS goes out", absent="SMS go to the outbox, and nobody gets them"
    ),
    "twilio.token": About(
        title="Twilio's auth token",
        then="what Twilio calls back with is refused: no receipts, and no STOP is heard",
    ),
    "twilio.sender": About(title="Twilio's sender", then="no SMS goes out"),
    "twilio.verify": About(
        title="Twilio Verify",
        then="new customers get no code, and wait for it",
        absent="codes are SMS of our own",
    ),
    "stripe": About(
        title="Stripe",
        then="nobody says what a card is, new customers wait for it, and nothing is charged or turned there",
        absent="cards are looked up in a file, and nothing is charged or turned there",
    ),
    "partner_center": About(
        title="Partner Center",
        then="no subscription there is suspended or brought back, and no activity log is read",
        absent="no subscription there is turned, and usage and activity logs come from files",
    ),
    "partner_center.user": About(
        title="Partner Center for a user",
        then="usage is not read, nor what else an app alone is refused",
        absent="no user has consented, so usage comes from files",
    ),
    "partner_center.graph": About(
        title="Microsoft Graph",
        then="Microsoft's alerts of fraud are neither read nor answered",
        absent="alerts of fraud are not read from there",
    ),
    "public_url": About(
        title="PUBLIC_URL",
        then="no webhook arrives, and links to unsubscribe lead nowhere",
        absent="vendors are told of no webhook, and emails have no link to unsubscribe",
    ),
    "desk": About(
        title="sign-in at finance's desk",
        then="nobody can sign in at finance's desk; whoever has signed in goes on",
        absent="finance has the Temporal UI and the command line alone",
    ),
    "events": About(
        title="EVENTS_URL",
        then="your product is told of no events: they wait",
        absent="your product is told of no events",
    ),
    "service": About(
        title="SERVICE_URL",
        then="no service that your product keeps is turned down or brought back",
        absent="your product keeps no service",
    ),
    "bureau": About(
        title="credit bureau",
        then="new customers wait for their credit report",
        absent="credit reports come from a file",
    ),
    "identity": About(
        title="identity provider",
        then="new customers wait for their proof of identity",
        absent="proofs of identity come from a file",
    ),
    "sanctions": About(
        title="list of sanctions",
        then="new customers wait for it",
        absent="names are looked up in a file",
    ),
}


@dataclass(frozen=True, slots=True)
class Line:
    """What a code says; `then` in place of what the part says, where that is not so bad."""

    ok: bool
    says: str
    then: str = ""


CODES: Mapping[Code, Line] = {
    "reached": Line(True, "{host} answers in {seconds} s{by}"),
    "absent": Line(True, "not set up: {absent}"),
    "shut": Line(False, "not asked: with any *_BASE set no other host is, so set {variable} too, or none"),
    "unreachable": Line(False, "{host} does not answer ({why}): check name, network and firewall"),
    "untrusted": Line(False, "{host} shows a certificate that cannot be trusted ({why})"),
    "refused": Line(False, "{host} refuses {variable} ({status}): set what its console shows"),
    "forbidden": Line(False, "{variable} lacks a permission: {what}"),
    "missing": Line(False, "{host} knows none such: set {variable} to one of this account"),
    "unwell": Line(False, "{host} is unwell ({status}): nothing to mend here, look again later"),
    "odd": Line(False, "{host} answers {status} to {what}, which nobody expects"),
    "clock": Line(True, "its clock and ours differ by {seconds} s"),
    "clock_off": Line(
        False,
        "our clock is {seconds} s {way} of its: set the clock of this machine by NTP",
        then="signed webhooks are refused as too old or too new",
    ),
    "granted": Line(True, "{variable} may do all that is asked of it: {what}"),
    "usable": Line(True, "{variable} can be used{more}"),
    "closed": Line(False, "the account is {status}: see its console"),
    "trial": Line(
        True, "the account is a trial, which reaches only telephone numbers that were verified there"
    ),
    "mute": Line(False, "{variable} sends no SMS: choose a number that does"),
    "expiring": Line(False, "the certificate of {host} ends in {days} days: renew it", then="soon {then}"),
    "plain": Line(True, "{host} is reached without TLS: others may read what vendors and customers send"),
    "logged_in": Line(True, "logs in{left}"),
    "said": Line(False, "{why}"),
    "mode": Line(True, "{variable} is a key of {mode} mode{more}"),
}


@dataclass(frozen=True, slots=True)
class Sight:
    """One thing that was seen of a part."""

    part: Part
    code: Code
    values: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """What it is about, for people."""
        return PARTS[self.part].title

    @property
    def ok(self) -> bool:
        """Whether it is as it should be."""
        return CODES[self.code].ok

    @property
    def words(self) -> str:
        """What was seen, and how it is mended."""
        return CODES[self.code].says.format(absent=PARTS[self.part].absent, **self.values)

    @property
    def then(self) -> str:
        """What does not work while it is so; empty where all does."""
        if self.ok:
            return ""
        return (CODES[self.code].then or "{then}").format(then=PARTS[self.part].then)
