"""Facts: what happened, in the words of the simulation format (docs/simulation-format.md).

A `Fact` is dated twice: when it happened in the customer's world and when we learned it. A fact
that only has a date keeps its date; it never becomes midnight somewhere. Amounts are decimals in
major units; those without a currency of their own take it from the invoice or payment they name.

A new kind gets its class in the file of its subject, and a place in `KnownBody` and in `__all__` here.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from domain.facts.access import AccessGranted, AccessRequested, AccessRevoked, SafeguardNoted
from domain.facts.activity import ActivityNoticed
from domain.facts.cards import CardAdded, CardRemoved
from domain.facts.cash import MoneyDecided, MoneyInQuestion
from domain.facts.contacts import (
    Bounced,
    ContactChanged,
    ContactInvalid,
    Delivered,
    Fault,
    OptedIn,
    OptedOut,
    Replied,
)
from domain.facts.credit import CreditEnded, CreditGranted, CreditReportChanged, ExposureNoted
from domain.facts.decisions import (
    Approved,
    PolicyAdopted,
    PolicyOverrideEnded,
    PolicyOverrideSet,
    ReactivateRequested,
    SuspendRequested,
    TaskCompleted,
)
from domain.facts.deposits import DepositApplied, DepositRefunded, DepositRequested
from domain.facts.ends import HandedOver, SubscriptionCancelled, SuspendedElsewhere, TakenBack
from domain.facts.fact import Body, Fact, Unknown, kind_of
from domain.facts.fees import FeeBooked, FeeCancelled, FeeWaived
from domain.facts.fields import FIRST_DAY, LAST_DAY, Day
from domain.facts.incidents import IncidentClosed, IncidentOpened
from domain.facts.invoices import (
    CreditNote,
    CreditNoteCancelled,
    DraftDeleted,
    Instalment,
    InvoiceCorrected,
    InvoiceIssued,
    InvoiceVoided,
    WriteOffUndone,
    WrittenOff,
    wrong_instalments,
)
from domain.facts.onboarding import (
    CalledBack,
    Checked,
    CodeAnswered,
    CodeSent,
    Onboarded,
    OnboardingReviewed,
    OnboardingStarted,
    PolicyAccepted,
)
from domain.facts.orders import OrderCancelled, OrderPlaced, OrdersBlocked, OrdersUnblocked, Provisioned
from domain.facts.payments import (
    ChargebackReversed,
    ChargedBack,
    PaymentCancelled,
    PaymentFailed,
    PaymentInFlight,
    PaymentReceived,
    Refunded,
)
from domain.facts.plans import PlanAgreed, PlanEnded
from domain.facts.rests import (
    DisputeOpened,
    DisputeResolved,
    Exempted,
    ExemptionEnded,
    HoldReleased,
    HoldSet,
    Paused,
    PromiseMade,
    Resumed,
    ends_too_early,
)
from domain.facts.service import (
    SubscriptionReactivated,
    SubscriptionRestricted,
    SubscriptionSuspended,
    SubscriptionTerminated,
    WorkersDown,
)
from domain.facts.usage import UsageBilled, UsageProfileAgreed, UsageReported

__all__ = [
    "FIRST_DAY",
    "KNOWN_TYPES",
    "LAST_DAY",
    "AccessGranted",
    "AccessRequested",
    "AccessRevoked",
    "ActivityNoticed",
    "Approved",
    "Body",
    "Bounced",
    "CalledBack",
    "CardAdded",
    "CardRemoved",
    "ChargebackReversed",
    "ChargedBack",
    "Checked",
    "CodeAnswered",
    "CodeSent",
    "ContactChanged",
    "ContactInvalid",
    "CreditEnded",
    "CreditGranted",
    "CreditNote",
    "CreditNoteCancelled",
    "CreditReportChanged",
    "Day",
    "Delivered",
    "DepositApplied",
    "DepositRefunded",
    "DepositRequested",
    "DisputeOpened",
    "DisputeResolved",
    "DraftDeleted",
    "Exempted",
    "ExemptionEnded",
    "ExposureNoted",
    "Fact",
    "Fault",
    "FeeBooked",
    "FeeCancelled",
    "FeeWaived",
    "HandedOver",
    "HoldReleased",
    "HoldSet",
    "IncidentClosed",
    "IncidentOpened",
    "Instalment",
    "InvoiceCorrected",
    "InvoiceIssued",
    "InvoiceVoided",
    "MoneyDecided",
    "MoneyInQuestion",
    "Onboarded",
    "OnboardingReviewed",
    "OnboardingStarted",
    "OptedIn",
    "OptedOut",
    "OrderCancelled",
    "OrderPlaced",
    "OrdersBlocked",
    "OrdersUnblocked",
    "Paused",
    "PaymentCancelled",
    "PaymentFailed",
    "PaymentInFlight",
    "PaymentReceived",
    "PlanAgreed",
    "PlanEnded",
    "PolicyAccepted",
    "PolicyAdopted",
    "PolicyOverrideEnded",
    "PolicyOverrideSet",
    "PromiseMade",
    "Provisioned",
    "ReactivateRequested",
    "Refunded",
    "Replied",
    "Resumed",
    "SafeguardNoted",
    "SubscriptionCancelled",
    "SubscriptionReactivated",
    "SubscriptionRestricted",
    "SubscriptionSuspended",
    "SubscriptionTerminated",
    "SuspendRequested",
    "SuspendedElsewhere",
    "TakenBack",
    "TaskCompleted",
    "Unknown",
    "UsageBilled",
    "UsageProfileAgreed",
    "UsageReported",
    "WorkersDown",
    "WriteOffUndone",
    "WrittenOff",
    "ends_too_early",
    "kind_of",
    "read_body",
    "write_body",
    "wrong_instalments",
]

KnownBody = Annotated[
    InvoiceIssued
    | InvoiceCorrected
    | InvoiceVoided
    | DraftDeleted
    | WrittenOff
    | WriteOffUndone
    | PaymentReceived
    | PaymentInFlight
    | PaymentFailed
    | PaymentCancelled
    | Refunded
    | ChargedBack
    | ChargebackReversed
    | MoneyInQuestion
    | MoneyDecided
    | CreditNote
    | CreditNoteCancelled
    | FeeBooked
    | FeeWaived
    | FeeCancelled
    | DisputeOpened
    | DisputeResolved
    | Paused
    | Resumed
    | Exempted
    | ExemptionEnded
    | HoldSet
    | HoldReleased
    | PromiseMade
    | CardAdded
    | CardRemoved
    | PlanAgreed
    | PlanEnded
    | OptedOut
    | OptedIn
    | Replied
    | ContactInvalid
    | ContactChanged
    | Delivered
    | Bounced
    | Approved
    | TaskCompleted
    | SubscriptionSuspended
    | SubscriptionReactivated
    | SubscriptionRestricted
    | SubscriptionTerminated
    | SubscriptionCancelled
    | SuspendedElsewhere
    | HandedOver
    | TakenBack
    | IncidentOpened
    | IncidentClosed
    | OrdersBlocked
    | OrdersUnblocked
    | SuspendRequested
    | ReactivateRequested
    | OnboardingStarted
    | Onboarded
    | Checked
    | CodeSent
    | CodeAnswered
    | OnboardingReviewed
    | PolicyAccepted
    | CalledBack
    | CreditGranted
    | UsageProfileAgreed
    | UsageReported
    | UsageBilled
    | ActivityNoticed
    | SafeguardNoted
    | AccessRequested
    | AccessGranted
    | AccessRevoked
    | PolicyAdopted
    | PolicyOverrideSet
    | PolicyOverrideEnded
    | CreditGranted
    | CreditEnded
    | CreditReportChanged
    | ExposureNoted
    | DepositRequested
    | DepositApplied
    | DepositRefunded
    | OrderPlaced
    | OrderCancelled
    | Provisioned
    | OrdersBlocked
    | OrdersUnblocked
    | WorkersDown
    | Unknown,
    Field(discriminator="type"),
]
_BODY: TypeAdapter[Body] = TypeAdapter(KnownBody)
KNOWN_TYPES: frozenset[str] = frozenset(
    str(body.model_fields["type"].default) for body in Body.__subclasses__()
)


def read_body(data: Mapping[str, Any]) -> Body:
    """Return the body that `data` describes; a type nobody knows is kept as `Unknown`.

    Raises:
        pydantic.ValidationError: the type is known and a field is wrong or missing.
    """
    name = data.get("type")
    rest = {key: value for key, value in data.items() if key != "type"}
    if name == "unknown" and not _as_kept(rest):
        return Unknown(name=name, data=rest)
    if isinstance(name, str) and name not in KNOWN_TYPES:
        return Unknown(name=name, data=rest)
    return _BODY.validate_python(dict(data))


def _as_kept(rest: Mapping[str, Any]) -> bool:
    """Whether this is how `write_body` writes an `Unknown`; else the sender itself calls its type so."""
    return set(rest) == {"name", "data"} and isinstance(rest["name"], str) and isinstance(rest["data"], dict)


def write_body(body: Body) -> dict[str, Any]:
    """Return `body` as JSON-ready values; `read_body` gives the same body back."""
    return body.model_dump(mode="json", by_alias=True, exclude_none=True)
