"""Subscriptions of customers: they are changed whole, under an etag, and lose in silence what is left out.

The rules are those that Microsoft tells, and where it tells none, the harder one. A request that was done is
not done again; what befalls a subscription by itself, such as the end of its term, happens when it is looked
at.
"""

import copy
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

Resource = dict[str, Any]
SCHEDULED, NEXT_CHARGE = "scheduledNextTermInstructions", "nextChargeInstructions"
_READ_ONLY = (
    "id",
    "commitmentEndDate",
    "creationDate",
    "parentSubscriptionId",
    "suspensionReasons",
    "orderId",
)
_OVER = ("expired", "disabled", "deleted")
BY_US = "PartnerSuspended"


class Refusal(Exception):
    """What a request is answered in place of being done."""

    def __init__(self, status: int, code: int) -> None:
        super().__init__(f"{status}, {code}")
        self.status, self.code = status, code


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One thing that was really done."""

    request: str
    customer: str
    resource: str
    what: str


@dataclass(slots=True, kw_only=True)
class Held:
    """One subscription, as it is there.

    Attributes:
        renewing: its term is renewed at this moment, so that nothing of it can be changed.
        entitlements: the Azure subscriptions of a plan, by id.
        coming: what happens to it later, and when.
    """

    customer: str
    resource: Resource
    renewing: bool = False
    entitlements: dict[str, Resource] = field(default_factory=dict)
    coming: list[tuple[datetime, Callable[[], None]]] = field(default_factory=list)
    versions: int = 1

    @property
    def status(self) -> str:
        """As it stands."""
        return str(self.resource["status"])


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Subscriptions:
    """All subscriptions of all customers.

    Attributes:
        lag: so long after a request it takes effect; with any it is answered 202.
        entitlement_lag: the same for Azure subscriptions, whose answer says 200 and the old status.
        effects: everything that was really done, in order.
        done: the answer to each request that was done, by its id.
    """

    lag: timedelta = timedelta()
    entitlement_lag: timedelta = timedelta()
    now: Callable[[], datetime] = _now
    held: dict[tuple[str, str], Held] = field(default_factory=dict)
    effects: list[Effect] = field(default_factory=list)
    done: dict[str, tuple[int, Any]] = field(default_factory=dict)

    def add(self, customer: str, **given: Any) -> Held:
        """Hold another subscription; it is an active licence where nothing else is given."""
        name = str(uuid.uuid4())
        end = self.now().date() + timedelta(days=200)
        resource: Resource = {
            "id": name,
            "offerId": "CFQ7TTC0LH18:0001:CFQ7TTC0K971",
            "offerName": "Microsoft 365 Business Basic",
            "friendlyName": "nickname",
            "productType": {"id": "OnlineServicesNCE", "displayName": "OnlineServicesNCE"},
            "quantity": 1,
            "unitType": "Licenses",
            "parentSubscriptionId": None,
            "creationDate": f"{end - timedelta(days=365)}T16:57:15.0966728Z",
            "commitmentEndDate": f"{end}T00:00:00Z",
            "status": "active",
            "autoRenewEnabled": True,
            "billingType": "license",
            "billingCycle": "monthly",
            "termDuration": "P1Y",
            "contractType": "subscription",
            "orderId": "34b37d7340cc",
            "attributes": {"objectType": "Subscription"},
        }
        made = Held(customer=customer, resource=resource | given)
        self.held[customer, str(made.resource["id"])] = made
        return made

    def find(self, customer: str, name: str) -> Held:
        """Return a subscription as it stands now.

        Raises:
            Refusal: the customer or the subscription is not ours.
        """
        if all(each.customer != customer for each in self.held.values()):
            raise Refusal(403, 20002)
        found = self.held.get((customer, name))
        if found is None:
            raise Refusal(404, 20003)
        self._pass_time(found)
        return found

    def shown(self, held: Held) -> Resource:
        """Return a subscription with its etag, which lasts as long as nothing is changed."""
        shown = copy.deepcopy(held.resource)
        told = {name: each for name, each in shown["attributes"].items() if name.casefold() != "etag"}
        shown["attributes"] = {**told, "etag": etag(held)}
        return shown

    def change(self, held: Held, asked: Mapping[str, Any], *, request: str, matching: str | None) -> bool:
        """Change a subscription whole; say whether it has taken effect already.

        Raises:
            Refusal: it was not changed.
        """
        given = {name[:1].lower() + name[1:]: value for name, value in asked.items()}
        self._check(held, given, matching)
        to = str(given["status"])
        self._check_status(held, to)
        if to == held.status == "suspended":
            raise Refusal(400, 800091)

        def take_effect() -> None:
            self._take(held, given, to)
            what = to if to != before else "changed"
            customer, name = held.customer, str(held.resource["id"])
            self.effects.append(Effect(request=request, customer=customer, resource=name, what=what))

        before = held.status
        if self.lag:
            held.coming.append((self.now() + self.lag, take_effect))
        else:
            take_effect()
        return not self.lag

    def _check(self, held: Held, given: Mapping[str, Any], matching: str | None) -> None:
        if str(given.get("id")) != held.resource["id"] or "status" not in given:
            raise Refusal(400, 800002)
        attributes = given.get("attributes") or {}
        inside = next((value for name, value in attributes.items() if name.casefold() == "etag"), None)
        if matching is not None and matching != f'"{etag(held)}"':
            raise Refusal(412, 2055)
        if inside not in (None, etag(held)):
            raise Refusal(400, 2055)
        if held.status == "deleted":
            raise Refusal(400, 2011)
        if held.status in _OVER:
            raise Refusal(400, 900279)
        if held.renewing:
            raise Refusal(400, 900280)
        if held.coming:
            raise Refusal(409, 900278)

    def _check_status(self, held: Held, to: str) -> None:
        if to == held.status:
            return
        if (held.status, to) == ("suspended", "active"):
            parent = self.held.get((held.customer, str(held.resource.get("parentSubscriptionId"))))
            if parent is not None and parent.status != "active":
                raise Refusal(409, 27009)
        elif (held.status, to) == ("active", "suspended"):
            if any(each["status"] == "active" for each in held.entitlements.values()):
                raise Refusal(403, 900115)
        elif to == "deleted":
            until = str(held.resource.get("cancellationAllowedUntilDate", ""))
            if not until or datetime.fromisoformat(until) < self.now():
                raise Refusal(400, 800040)
        else:
            raise Refusal(400, 800040)

    def _take(self, held: Held, given: Mapping[str, Any], to: str) -> None:
        """Put what was given in place of what is there."""
        kept = {name: held.resource[name] for name in _READ_ONLY if name in held.resource}
        stands = {name: given[name] for name in held.resource if name in given}
        # What is left out is reset, and nobody is told.
        renews = given.get("autoRenewEnabled") is True and to == "active"
        held.resource = {**held.resource, **stands, **kept, "status": to, "autoRenewEnabled": renews}
        for name in (SCHEDULED, NEXT_CHARGE):
            held.resource.pop(name, None)
            if given.get(name) is not None and (renews or name == NEXT_CHARGE):
                held.resource[name] = given[name]
        held.resource.pop("suspensionReasons", None)
        if to == "suspended":
            held.resource["suspensionReasons"] = [BY_US]
            for other in self.held.values():
                parent = other.resource.get("parentSubscriptionId")
                if other.customer == held.customer and parent == held.resource["id"]:
                    other.resource |= {"status": "suspended", "autoRenewEnabled": False}
                    other.versions += 1
        held.versions += 1

    def _pass_time(self, held: Held) -> None:
        now = self.now()
        for due in [each for each in held.coming if each[0] <= now]:
            held.coming.remove(due)
            due[1]()
        end = date.fromisoformat(str(held.resource["commitmentEndDate"])[:10])
        if now.date() <= end or held.status in _OVER or held.renewing:
            return
        held.versions += 1
        if held.status == "suspended":
            held.resource["status"] = "disabled"
        elif held.resource["autoRenewEnabled"]:
            held.resource["commitmentEndDate"] = f"{end + timedelta(days=365)}T00:00:00Z"
            held.resource |= held.resource.pop(SCHEDULED, None) or {}
        else:
            held.resource["status"] = "expired"

    def turn_entitlement(self, held: Held, name: str, to: str, *, request: str) -> Resource:
        """Cancel or bring back an Azure subscription; it is answered as it stood.

        Raises:
            Refusal: there is none of that name.
        """
        found = held.entitlements.get(name)
        if found is None:
            raise Refusal(404, 800111)
        answered = dict(found)

        def take_effect() -> None:
            found["status"] = to
            self.effects.append(Effect(request=request, customer=held.customer, resource=name, what=to))

        if self.entitlement_lag:
            held.coming.append((self.now() + self.entitlement_lag, take_effect))
        else:
            take_effect()
        return answered


def etag(held: Held) -> str:
    """Return what stands for this version of it."""
    return f"eyJpZCI6{str(held.resource['id'])[:8]}v{held.versions}"
