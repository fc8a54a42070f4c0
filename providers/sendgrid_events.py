"""SendGrid's statuses, events, kinds of bounce and reasons of a drop, and what each calls for.

A 202 is a promise to try. What became of it comes as an event; `dropped` means that after a 202
nothing was sent at all.
"""

from collections.abc import Mapping

from domain.reaction import Trouble

STATUSES: Mapping[int, Trouble] = {
    400: Trouble("content", "SendGrid cannot use the message"),
    401: Trouble("configuration", "SendGrid refuses the API key: check SENDGRID_API_KEY"),
    403: Trouble(
        "configuration", "SendGrid forbids it: verify SENDGRID_FROM, and check the scopes of the API key"
    ),
    404: Trouble("configuration", "SendGrid does not know the address: check SENDGRID_BASE"),
    413: Trouble("content", "the message is too large for SendGrid"),
    429: Trouble("retry_later", "there were too many requests at once"),
}

ARRIVED = frozenset({"delivered", "open", "click"})
"""Events which say that it arrived; that it was opened or clicked is neither consent nor reading."""

EVENTS: Mapping[str, Trouble] = {
    "deferred": Trouble(
        "waiting", "the mail server of the customer puts it off; SendGrid tries for 72 hours"
    ),
    "spamreport": Trouble("complained", "the customer called the message spam"),
    "unsubscribe": Trouble("unsubscribed", "the customer unsubscribed"),
}
"""Events that need nothing further to be understood; `bounce` and `dropped` have kinds of their own.

`group_unsubscribe` and `group_resubscribe` are about other mail of the account: of ours only what the law
requires belongs to a group, and SendGrid says by a drop that somebody left that one.
"""

BLOCKED: Mapping[str, Trouble] = {
    "content": Trouble("content", "the mail server refused it for what it says"),
    "frequency or volume too high": Trouble(
        "configuration", "mail servers say that we send too much at once: slow down, and warm the sender up"
    ),
    "reputation": Trouble(
        "configuration", "mail servers distrust our sender: see its reputation in the SendGrid console"
    ),
    "invalid address": Trouble("soft_failure", "the mail server does not take mail for this address now"),
    "mailbox unavailable": Trouble("soft_failure", "the mailbox is full or closed for now"),
    "technical": Trouble("soft_failure", "the mail server could not be reached, or failed"),
    "unclassified": Trouble("soft_failure", "the mail server refused it, and does not say why"),
}
"""Bounces of type `blocked`, by `bounce_classification`: the address may be good."""

HARD_BOUNCE = Trouble("invalid_contact", "the mailbox does not exist")

DROPPED: Mapping[str, Trouble] = {
    "bounced address": Trouble("invalid_contact", "mail to this address bounced before"),
    "invalid": Trouble("invalid_contact", "the address is no email address"),
    "unsubscribed address": Trouble("opted_out", "the customer unsubscribed before"),
    "spam reporting address": Trouble("opted_out", "the customer called an earlier message spam"),
    "recipient list over package quota": Trouble(
        "configuration", "the plan of the SendGrid account is used up: raise it"
    ),
    "invalid smtpapi header": Trouble("content", "a header of the message cannot be used"),
    "spam content": Trouble("content", "SendGrid takes the message for spam"),
}


def trouble_of_status(status: int) -> Trouble:
    """Return what an HTTP status other than 202 calls for."""
    if status in STATUSES:
        return STATUSES[status]
    if 400 <= status < 500:
        return Trouble("content", f"SendGrid refused it with HTTP {status}")
    return Trouble("in_doubt", f"SendGrid answered with HTTP {status}")


def trouble_of_event(
    event: str, *, kind: str = "", classification: str = "", reason: str = ""
) -> Trouble | None:
    """Return what an event calls for; None for one that is no trouble, or that nobody knows.

    Args:
        kind: the `type` of a bounce, `bounce` or `blocked`.
        classification: the `bounce_classification`.
        reason: of a drop; a bounce has one too, in the words of the mail server.
    """
    if event == "bounce":
        unclassified = BLOCKED["unclassified"]
        return BLOCKED.get(classification.strip().lower(), unclassified) if kind == "blocked" else HARD_BOUNCE
    if event == "dropped":
        said = reason.strip().lower()
        known = [begins for begins in DROPPED if said.startswith(begins)]
        if not known:
            return Trouble("soft_failure", "SendGrid dropped it, for a reason that is not known here")
        return DROPPED[max(known, key=len)]
    return EVENTS.get(event)
