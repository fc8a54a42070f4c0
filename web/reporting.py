"""What other systems report by webhook: read and taken as by the REST API, customers before facts.

Each item is taken by itself. What is wrong with one is told to the sender, and to a person by a task, so
that nothing is lost in silence whatever the sender does with the answer.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from pydantic import ValidationError

from domain.reported import CUSTOMER, Posted
from domain.sentences import sentences
from store import posted as posting
from store.database import Ledger
from store.errors import Refused
from web.api import answers
from web.api.bodies import CustomerBody
from web.api.parts import SharedDomains
from web.api.reports import keep_customer, take_items


class ReportsDoor(Protocol):
    """Verifies what another system reports, and says by whom and under which name.

    Raises:
        Unverified: it is not from whom it says, or cannot be read.
    """

    def verify(self, raw: bytes, headers: Mapping[str, str], now: datetime) -> Posted: ...


def take(
    ledger: Ledger, posted: Posted, *, now: datetime, shared: SharedDomains
) -> tuple[answers.BulkResult, list[str]]:
    """Take a delivery; return what became of each item, and the customers to wake."""
    source = f"webhook:{posted.sender}"
    results, wake = [], dict[str, None]()
    for index, item in enumerate(posted.items):
        if item.get("type") == CUSTOMER:
            result, woken = _keep(ledger, posted, source, index, item, now, shared)
            results.append(result)
            wake.update(dict.fromkeys(woken))
    facts = ((index, item) for index, item in enumerate(posted.items) if item.get("type") != CUSTOMER)
    taken, woken = take_items(
        ledger,
        source,
        facts,
        now=now,
        named=lambda index: posted.name if posted.single else f"{posted.name}/{index}",
    )
    wake.update(dict.fromkeys(woken))
    results = sorted([*results, *taken], key=lambda each: each.index)
    refused = [*_refused(posted, results)]
    posting.tell_of_refused(ledger, posted.sender, posted.name, refused, of=len(results), now=now)
    return answers.bulk_result(results), list(wake)


def _keep(
    ledger: Ledger,
    posted: Posted,
    source: str,
    index: int,
    item: Mapping[str, Any],
    now: datetime,
    shared: SharedDomains,
) -> tuple[answers.ItemResult, Sequence[str]]:
    """Keep a customer, once for each delivery: a repetition must not undo what was said since."""
    said = {name: value for name, value in item.items() if name != "type"}
    try:
        body = CustomerBody.model_validate(said)
    except ValidationError as error:
        return answers.unusable_item(index, sentences(error, model=CustomerBody)), ()
    digest = hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
    event = posting.event(source, f"{posted.name}/{index}/{digest}", CUSTOMER)
    if posting.known(ledger, event):
        return _kept(index, body.customer, "already"), ()
    try:
        status, wake = keep_customer(ledger, body, by=source, now=now, shared=shared)
    except Refused as refused:
        return answers.refused_item(index, body.customer, refused), ()
    posting.note(ledger, event, now=now)
    return _kept(index, body.customer, status), (body.customer,) if wake else ()


def _kept(index: int, customer: str, status: str) -> answers.ItemResult:
    known = "already" if status == "already" else "recorded"
    return answers.ItemResult(index=index, customer=customer, id=None, status=known)


def _refused(posted: Posted, results: Sequence[answers.ItemResult]) -> Iterator[str]:
    """Say of each item that was refused which it was and why; of a customer not why, since it is personal."""
    for each in results:
        if each.status in ("refused", "conflict"):
            kind = posted.items[each.index].get("type")
            about = f"item {each.index} ({str(kind)[:40]!r}, {each.customer or 'nobody'})"
            yield about if kind == CUSTOMER else f"{about}: {_printable(each.problems[0][:200])}"


def _printable(text: str) -> str:
    """Return words without what no page and no database shows."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)
