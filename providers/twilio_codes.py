"""Twilio's error codes, and what each calls for.

The same codes come as the body of a 4xx and as `ErrorCode` of a status callback. Those of Verify
stand apart: there 20404 is a code that is used up, and everywhere else an account that is not ours.
"""

from collections.abc import Mapping

from domain.reaction import Reaction, Trouble


def _codes(reaction: Reaction, codes: Mapping[int, str]) -> dict[int, Trouble]:
    return {code: Trouble(reaction, says) for code, says in codes.items()}


MESSAGES: Mapping[int, Trouble] = {
    **_codes(
        "retry_later",
        {
            14107: "the sender is over its rate of messages",
            20429: "there were too many requests at once",
            20503: "Twilio is unwell",
            21611: "the queue of the sender is full",
            30001: "the queue of the account is full",
            30017: "the network of the carrier is congested",
            30022: "the 10DLC campaign is over its rate",
        },
    ),
    **_codes(
        "soft_failure",
        {
            30003: "the telephone is switched off or out of reach",
            30004: "the telephone or its carrier blocks the message",
            30008: "the carrier does not say why it was not delivered",
            30410: "the carrier did not answer in time",
            30450: "fraud protection held it back: put the number on the Global Safe List",
            30453: "fraud protection held it back: put the number on the Global Safe List",
            30485: "the carrier did not deliver it",
        },
    ),
    **_codes("expired", {30036: "its validity was over before it could be sent"}),
    **_codes(
        "invalid_contact",
        {
            21211: "the number is no telephone number",
            21214: "the number cannot be reached",
            21217: "the number does not look like one",
            21614: "the number is no mobile number",
            21635: "the number is a landline",
            30005: "the number does not exist",
            30006: "the number is a landline, or its carrier cannot be reached",
        },
    ),
    **_codes("opted_out", {21610: "the customer answered STOP to this sender"}),
    **_codes(
        "content",
        {
            21602: "the message has no text",
            21604: "the message has no recipient",
            21617: "the message is longer than 1,600 characters",
            21619: "the message has neither text nor media",
            30007: "the carrier filtered it for what it says",
            30019: "the message is too large for the carrier",
            30038: "it looks like a one-time code, which this sender may not send",
            35114: "the message was scheduled with a time that cannot be used",
            35115: "the message was scheduled with a time that cannot be used",
            35116: "the message was scheduled with a time that cannot be used",
            35117: "the message was scheduled with a time that cannot be used",
        },
    ),
    **_codes(
        "configuration",
        {
            20003: "the API key is refused: check TWILIO_ACCOUNT_SID, TWILIO_API_KEY and TWILIO_API_SECRET",
            20005: "the account is not active: see the Twilio console",
            20010: "the account is not active: see the Twilio console",
            21408: "the country is not permitted: allow it in Geo Permissions of the Twilio console",
            21603: "there is no sender: set TWILIO_FROM or TWILIO_MESSAGING_SERVICE",
            21606: "TWILIO_FROM is no number of this account that can send SMS",
            21608: "a trial account reaches verified numbers only: upgrade it",
            21612: "this sender cannot reach that country: give the Messaging Service another sender",
            21701: "TWILIO_MESSAGING_SERVICE is not usable: check its id",
            21702: "TWILIO_MESSAGING_SERVICE is not usable: check its settings",
            21703: "the Messaging Service has no number: add one to it",
            21704: "the Messaging Service has no number: add one to it",
            21705: "TWILIO_MESSAGING_SERVICE is not usable: check its id",
            30002: "the account is suspended: see the Twilio console",
            30018: "the carrier asks for a registered sender id: register it",
            30023: "the 10DLC brand is over its messages of the day",
            30024: "the sender id is not known to the carrier: register it",
            30027: "the 10DLC brand is over its messages of the day at T-Mobile",
            30032: "the toll-free number is not verified: verify it",
            30034: "the number has no 10DLC registration: register brand and campaign",
            30037: "outbound messages are switched off for this account or number",
            30040: "the sender id breaks a rule of that country: register it",
            30041: "the sender id breaks a rule of that country: register it",
            30042: "the sender id breaks a rule of that country: register it",
            30454: "the account is not allowed to send this: see the Twilio console",
        },
    ),
}

VERIFY: Mapping[int, Trouble] = {
    **_codes(
        "retry_later",
        {
            20429: "there were too many requests at once",
            20503: "Twilio is unwell",
            60212: "there were too many requests at once for one number",
        },
    ),
    **_codes(
        "invalid_contact",
        {
            60200: "the number is no telephone number",
            60205: "the number is a landline",
        },
    ),
    **_codes(
        "verification",
        {
            20404: "the code was used, has expired, or was never sent",
            60202: "a code was entered too often: wait ten minutes",
            60203: "codes were sent to this number too often: wait ten minutes",
            60410: "fraud protection blocks this number",
            60605: "codes may not be sent to this country",
        },
    ),
    **_codes(
        "configuration",
        {
            20003: "the API key is refused: check TWILIO_ACCOUNT_SID, TWILIO_API_KEY and TWILIO_API_SECRET",
            60204: "the Verify service does not send by this channel: see its settings",
            60207: "the Verify service is over a limit of its own: see its rate limits",
            60217: "the Verify service is not set up for this: see its settings",
            60223: "the channel of the Verify service is switched off",
            60228: "the template of the Verify service cannot be used",
            60238: "Verify blocks this sender or channel: see its settings",
        },
    ),
}

_BY_STATUS: Mapping[int, Trouble] = _codes(
    "configuration",
    {
        401: "Twilio refuses the API key: check TWILIO_ACCOUNT_SID, TWILIO_API_KEY and TWILIO_API_SECRET",
        403: "Twilio forbids it: check the permissions of the API key",
        404: "Twilio does not know the account: check TWILIO_ACCOUNT_SID",
    },
) | _codes("retry_later", {429: "there were too many requests at once"})


STARTS: Mapping[int, Trouble] = {
    **VERIFY,
    **_codes(
        "configuration",
        {
            20404: "TWILIO_VERIFY is no Verify service of this account: check its id",
        },
    ),
    **_codes(
        "verification",
        {60605: "codes may not be sent to this country: allow it in Geo Permissions of the Verify service"},
    ),
}
"""Those of starting a verification: no code has been sent yet, so none says anything of the number.

What is about this number or country is a person's to decide: to start again sends nothing, and counts.
"""


def trouble_of(code: int | None, *, status: int = 0, codes: Mapping[int, Trouble] = MESSAGES) -> Trouble:
    """Return what a code calls for; one that nobody knows goes by the HTTP status it came with.

    A callback has no status: an unknown code is then a failure of delivery. Whatever the code says, a
    5xx does not say that nothing was done.
    """
    if status >= 500 or 0 < status < 400:
        return Trouble("in_doubt", f"Twilio answered with HTTP {status}")
    known = codes.get(code or 0) or _BY_STATUS.get(status)
    if known is not None:
        return known
    if status >= 400:
        return Trouble("content", f"Twilio refused it with code {code or status}")
    return Trouble("soft_failure", f"it was not delivered, with code {code}")
