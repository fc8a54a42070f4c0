"""The parts that activities are made of: a vendor that is set up, else what is embedded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from activities.alerts import AlertSource
from activities.books import Books
from activities.budgets import BudgetKeeper
from activities.charges import Cashier
from activities.events import Endpoint
from activities.messages import Courier, Headers, no_headers
from activities.monitoring import ActivityLog, UsageSource
from activities.notices import PageUrl, no_page
from activities.onboarding import CodeByMessage, PhoneVerifier
from activities.onboarding_checks import CheckPorts
from activities.once import Mark, unmarked
from activities.outside import Teller
from activities.provisioning import LedgerProvisioner, Provisioner
from activities.rendering import Letters
from activities.service import Switch
from activities.telling import Registrar
from activities.tracking import Tracker
from composition.checks import checking
from composition.deployment import code_version, seller
from composition.inbound import one_click
from composition.messaging import code_check, email, registrar, sms, trackers, verify
from composition.own_pages import page_links
from composition.partner_center import TURNS_PER_SECOND
from composition.product import event_endpoints
from composition.stripe import cashier, stripe_events
from composition.switching import switches
from composition.watching import activity_log, alert_source, audit_rules, budget_keeper, usage_source
from composition.worklist import worklist_rules
from domain.activity_log.rules import Audit
from domain.notice import Seller
from domain.worklist.rules import WorklistRules
from providers.outbox import Outbox
from settings import ROOT, Settings
from store import clock as clocks
from store.database import Ledger
from store.verifications import CodeCheck


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the activities are made of; tests replace single parts by others of the same Protocol."""

    books: Books
    letters: Letters
    couriers: dict[str, Courier]
    verifier: PhoneVerifier
    checking: CheckPorts
    code_check: CodeCheck | None = None
    cashier: Cashier
    provisioner: Provisioner
    switches: Mapping[str, Switch]
    turns_per_second: float | None = None
    dry_run: bool = False
    seller: Seller
    headers: Headers = no_headers
    page: PageUrl = no_page
    trackers: Mapping[str, Tracker] = field(default_factory=dict)
    finance_email: str | None = None
    zone: str = "UTC"
    worklist: WorklistRules | None = None
    registrar: Registrar | None = None
    endpoints: Sequence[Endpoint] = ()
    usage: UsageSource | None = None
    activity: ActivityLog | None = None
    audit: Audit | None = None
    alerts: AlertSource | None = None
    budgets: BudgetKeeper | None = None
    teller: Teller | None = None
    mark: Mark = unmarked


def parts(settings: Settings, ledger: Ledger, *, mark: Mark = unmarked) -> Parts:
    """Return the parts that the settings ask for: a vendor that is set up, else what is embedded."""
    outbox = Outbox(settings.outbox)
    by_sms = sms(settings) or outbox
    named = "outbox" if by_sms is outbox else "twilio"
    letters = Letters(ROOT / "templates")
    links = page_links(settings, ledger)
    turning = switches(settings, ledger)
    return Parts(
        books=Books(
            ledger=ledger,
            clock=lambda: clocks.read(ledger),
            code_version=code_version(),
            desk=settings.desk_url,
        ),
        letters=letters,
        couriers={"email": email(settings) or outbox, "sms": by_sms},
        verifier=verify(settings) or CodeByMessage(letters=letters, courier=by_sms, name=named),
        checking=checking(settings),
        code_check=code_check(settings),
        cashier=cashier(settings, ledger),
        provisioner=LedgerProvisioner(ledger),
        switches=turning,
        turns_per_second=TURNS_PER_SECOND if "partner_center" in turning else None,
        dry_run=settings.suspension == "dry-run",
        seller=seller(settings),
        headers=one_click(settings, ledger).headers if settings.public_url else no_headers,
        page=links.url if links is not None else no_page,
        trackers=trackers(settings),
        finance_email=settings.finance_email,
        zone=settings.seller_timezone,
        worklist=worklist_rules(settings),
        registrar=registrar(settings),
        endpoints=event_endpoints(settings),
        usage=usage_source(settings),
        activity=activity_log(settings),
        audit=audit_rules(settings),
        alerts=alert_source(settings),
        budgets=budget_keeper(settings),
        teller=stripe_events(settings),
        mark=mark,
    )
