"""What somebody wrote who wants to become a customer, and what came with it for the checks."""

from dataclasses import dataclass, field

from domain.contact_law.placing import read_city, read_region
from domain.contact_law.whereabouts import Whereabouts
from domain.customer import Customer
from domain.money import Money
from domain.onboarding.card import Card


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """What somebody wrote who wants to become a customer.

    Attributes:
        phone: as written; without a leading + it is read as a number of `country`.
        address: the postal address, its parts on lines of their own or separated by commas.
        vat_id: the number under which a business pays VAT; in the US its EIN.
        region, city: by their codes, such as MA and NYC: contact law asks for them.
    """

    customer_id: str
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    address: str | None = None
    vat_id: str | None = None
    country: str | None = None
    timezone: str = "UTC"
    segment: str = "business"
    language: str = "en"
    currency: str | None = None
    tags: tuple[str, ...] = ()
    size: str | None = None
    risk: str | None = None
    region: str | None = None
    city: str | None = None

    def __repr__(self) -> str:
        """Name the customer only: what else is here is personal data, and would end in a log."""
        return f"Application(customer_id={self.customer_id!r})"

    @property
    def customer(self) -> Customer:
        """The customer as a plan knows it.

        Raises:
            ValueError: a word is not what it should be; the sentence says what would be right.
        """
        return Customer(
            id=self.customer_id,
            segment=self.segment,
            country=self.country,
            timezone=self.timezone,
            language=self.language,
            currency=self.currency,
            tags=self.tags,
            size=self.size,
            risk=self.risk,
        )

    @property
    def whereabouts(self) -> Whereabouts:
        """Where contact law finds the customer.

        Raises:
            ValueError: there is no such region or city; the sentence says what would be right.
        """
        return Whereabouts(
            region=read_region(self.region, self.country) if self.region else None,
            places=(read_city(self.city, self.country),) if self.city else (),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Particulars:
    """What came with an application: checks look at it, and no plan does. It prints nothing of it.

    Attributes:
        card: what the processor said of the payment instrument; `card_reference` is its name there.
        identity: the identity provider's reference of a proof.
        company_number: in the register of companies.
        network, device: from where it came; kept as keyed hashes alone.
        form_seconds: so long it took to fill in the form.
        expects: what the customer expects to spend a month.
        accepts: the collections policy that was accepted, by name or version.
    """

    card: Card | None = field(default=None, repr=False)
    card_reference: str | None = field(default=None, repr=False)
    identity: str | None = field(default=None, repr=False)
    company_number: str | None = field(default=None, repr=False)
    network: str | None = field(default=None, repr=False)
    device: str | None = field(default=None, repr=False)
    form_seconds: int | None = None
    expects: Money | None = None
    accepts: str | None = None

    def given(self) -> tuple[str, ...]:
        """Return what a check may look at, by its name."""
        there = {
            "card": self.card or self.card_reference,
            "identity": self.identity,
            "company_number": self.company_number,
            "network": self.network,
            "device": self.device,
        }
        return tuple(name for name, value in there.items() if value)


NOTHING_MORE = Particulars()
