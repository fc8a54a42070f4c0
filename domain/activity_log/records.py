"""Records of a provider's activity log, read as liberally as their form differs from its description.

A kind that nobody knows is a record like any other. The values of a resource come as JSON in a string.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from domain.facts.fields import FIRST_DAY, LAST_DAY

KNOWN_KINDS = frozenset(
    """update_customer_qualification update_subscription upgrade_subscription convert_trial_subscription
    add_customer update_customer_billing_profile update_customer_partner_contract_company_name
    update_customer_spending_budget delete_customer remove_partner_customer_relationship create_order
    update_order create_customer_user delete_customer_user update_customer_user update_customer_user_licenses
    reset_customer_user_password update_customer_user_principal_name restore_customer_user
    register_application unregister_application add_application_credential remove_application_credential
    create_partner_user update_partner_user remove_partner_user create_partner_relationship
    remove_partner_relationship increase_spending_limit ready_invoice create_agreement extend_relationship
    create_transfer update_transfer dap_admin_relationship_approved dap_admin_relationship_terminated
    add_user_member remove_user_member granular_admin_relationship_approved
    granular_admin_relationship_activated granular_admin_relationship_termination_requested
    granular_admin_relationship_terminated granular_admin_relationship_expired
    granular_admin_access_assignment_created granular_admin_access_assignment_updated
    granular_admin_access_assignment_deleted azure_fraud_event_detected create_credit update_credit""".split()
)
"""The kinds that we have seen described; any other is kept, audited and counted."""


class BadRecord(ValueError):
    """A record without the instant at which it happened, or none at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One thing that somebody did.

    Attributes:
        account: the id that the provider has for the customer; None where it names none.
        principal: who did it: personal data.
        values: what the record says of the resource, by lower-case name: its own data last.
        before: the same of the resource before, as far as the record has it.
        raw: the record as it came: personal data.
    """

    id: str
    kind: str
    resource: str
    status: str
    at: datetime
    account: str | None
    principal: str | None = field(repr=False)
    application: str | None
    values: Mapping[str, str] = field(repr=False)
    before: Mapping[str, str] = field(repr=False)
    raw: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordsPage:
    """Some records of a log, as they come; `after` asks for the next ones, and is None behind the last."""

    records: Sequence[Mapping[str, Any]]
    after: str | None = None


def read_record(raw: Mapping[str, Any]) -> Record:
    """Return the record that a provider's JSON describes.

    Raises:
        BadRecord: it has no instant, or is no object at all.
    """
    if not isinstance(raw, Mapping):
        raise BadRecord("a record is an object")
    data = raw.get("customizedData")
    pairs = {} if not isinstance(data, list) else dict(_pairs(data))
    return Record(
        id=(_text(raw.get("id")) or _digest(raw))[:128],
        kind=_word(raw.get("operationType")),
        resource=_word(raw.get("resourceType")),
        status=_word(raw.get("operationStatus")),
        at=_instant(raw.get("operationDate")),
        account=_text(raw.get("customerId")),
        principal=_text(raw.get("userPrincipalName")),
        application=_text(raw.get("applicationId")),
        values={**_inside(raw.get("resourceNewValue")), **pairs},
        before=_inside(raw.get("resourceOldValue")),
        raw=raw,
    )


def _digest(raw: Mapping[str, Any]) -> str:
    """Name a record that has no id by all that it says: samples of the provider have none."""
    content = json.dumps(raw, sort_keys=True, separators=(",", ":"), default=str)
    return "sha256-" + hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:32]


# What no database takes into a text: a NUL byte, and halves of characters.
_NO_TEXT = re.compile("[\x00\ud800-\udfff]")


def _text(value: object) -> str | None:
    return _NO_TEXT.sub("?", value) if isinstance(value, str) and value.strip() else None


def _word(value: object) -> str:
    text = _text(value) or "unknown"
    return text.strip().lower()[:64]


def _instant(value: object) -> datetime:
    """Read ISO, also with seven digits and without a zone; or the American form of old samples, in UTC."""
    if isinstance(value, str):
        for read in (datetime.fromisoformat, _american):
            try:
                at = read(value.strip())
            except ValueError:
                continue
            if FIRST_DAY <= at.date() <= LAST_DAY:
                return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    raise BadRecord("a record needs the instant at which it happened")


def _american(value: str) -> datetime:
    return datetime.strptime(value, "%m/%d/%Y %I:%M:%S %p")


def _inside(value: object) -> Mapping[str, str]:
    """The plain values of a resource, which comes as JSON in a string, or as an object."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return {}
    if not isinstance(value, Mapping):
        return {}
    plain = {str(key): each for key, each in value.items() if isinstance(each, str | int | float)}
    return {key.lower(): str(each) for key, each in plain.items()}


def _pairs(data: list[object]) -> Iterator[tuple[str, str]]:
    for each in data:
        if isinstance(each, Mapping) and (key := _text(each.get("key"))) and each.get("value") is not None:
            yield key.lower(), str(each["value"])
