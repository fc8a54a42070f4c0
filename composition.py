"""The composition root: settings become providers, activities and doors. Only here are vendors known."""

import asyncio
import hashlib
import hmac
import logging
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleCalendarSpec,
    ScheduleIntervalSpec,
    ScheduleRange,
    ScheduleSpec,
    ScheduleUpdate,
)
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Worker

from activities.books import Books
from activities.charges import Cashier, Charges
from activities.customers import Customers, Wake
from activities.digests import Digests
from activities.incidents import Incidents, WakeIncident
from activities.messages import Courier, Headers, Messages, no_headers
from activities.monitoring import ActivityLog, Monitoring, UsageSource
from activities.onboarding import CodeByMessage, Onboarding, PhoneVerifier
from activities.onboarding_checks import CheckPorts, OnboardingChecks
from activities.once import Mark, unmarked
from activities.provisioning import LedgerProvisioner, Provisioner, Provisioning
from activities.rendering import Letters
from activities.service import LedgerSwitch, Service
from activities.sweep import Sweeping
from activities.tasks import Tasks
from activities.telling import Registrar, Telling
from activities.tracking import Tracker, Tracking
from domain.activity_log.rules import Audit, read_audit
from domain.clouds import require
from domain.digest.seen import HOUR
from domain.notice import Seller
from ending import WRONG_USAGE, Stop, Unreachable
from providers.bank import Bank
from providers.drop_folder import ActivityFiles, UsageFiles
from providers.onboarding_files import NumberPlan, OnboardingFiles
from providers.outbox import Outbox
from settings import ROOT, VERSION, Settings
from store import clock as clocks
from store import monitors
from store.assess import peek
from store.database import Ledger
from store.verifications import CodeCheck
from workflows.conversion import DATA_CONVERTER
from workflows.customer_lifecycle import CustomerLifecycle
from workflows.daily_digest import DailyDigest
from workflows.monitoring import ActivityAudit, UsageWatch
from workflows.onboarding_verification import OnboardingVerification
from workflows.risk_incident import RiskIncident
from workflows.subscription_suspension import SubscriptionSuspension
from workflows.sweep import Sweep

if TYPE_CHECKING:
    from fastapi import FastAPI

    from domain.cash.lines import BankFile
    from domain.incidents.notice import Notice
    from providers.one_click import OneClick
    from providers.partner_center import PartnerCenter
    from providers.twilio_client import RoutedHttp
    from providers.twilio_verify import TwilioVerify
    from web.doors import Door

WORKFLOWS = (
    *(CustomerLifecycle, OnboardingVerification, SubscriptionSuspension, RiskIncident),
    *(Sweep, DailyDigest, UsageWatch, ActivityAudit),
)


def sweep_id(task_queue: str) -> str:
    """Return the id of the schedule of a queue's sweep; its runs are called so too."""
    return f"sweep/{task_queue}"


def digest_id(task_queue: str) -> str:
    """Return the id of the schedule of a queue's daily digest; its runs are called so too."""
    return f"digest/{task_queue}"


LEDGER = "ledger"
"""In the memo of that schedule: the identity of the ledger that this queue works on."""

GRACEFUL = timedelta(seconds=10)
THREADS = 32
"""Of activities that are coroutines: more than the queues let run at once."""
CONNECT_SECONDS = 5
"""How long a connection to Temporal may take; a command goes on without."""

_REFUSALS = (RPCStatusCode.NOT_FOUND, RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNAUTHENTICATED)


def code_version() -> str:
    """Return the version with a fingerprint of everything that decides, for the journal."""
    content = b"".join(path.read_bytes() for path in sorted((ROOT / "domain").rglob("*.py")))
    return f"{VERSION}+{hashlib.sha256(content).hexdigest()[:8]}"


def seller(settings: Settings) -> Seller:
    """Return who writes to the customers."""
    return Seller(
        name=settings.seller_name,
        support_email=settings.seller_email,
        support_phone=settings.seller_phone,
        payment_url=settings.seller_payment_url,
        address=settings.seller_address,
        account=settings.seller_account,
    )


async def connect(settings: Settings) -> Client:
    """Connect to Temporal; the JSON that travels is read and written by pydantic.

    Raises:
        Unreachable: it does not answer within five seconds.
    """
    key = settings.temporal_api_key
    connecting = Client.connect(
        settings.temporal_address,
        namespace=settings.temporal_namespace,
        api_key=None if key is None else key.get_secret_value(),
        data_converter=DATA_CONVERTER,
    )
    try:
        return await asyncio.wait_for(connecting, timeout=CONNECT_SECONDS)
    except (RPCError, RuntimeError, TimeoutError, ValueError) as error:  # the last: no such address can be
        raise _unreachable(settings, error) from error


@asynccontextmanager
async def connected(settings: Settings) -> AsyncIterator[Client]:
    """Give a client of Temporal, for calls without which the caller can go on or say why not.

    Raises:
        Unreachable: it does not answer, or refuses, now or at a call in the block.
    """
    client = await connect(settings)
    try:
        yield client
    except RPCError as error:
        raise _unreachable(settings, error) from error


def _unreachable(settings: Settings, error: Exception) -> Unreachable:
    if isinstance(error, RPCError) and error.status in _REFUSALS:
        remedy = "check TEMPORAL_NAMESPACE and TEMPORAL_API_KEY"
        return Unreachable(settings.temporal_address, f"refuses ({error.message.rstrip('.')}): {remedy}")
    return Unreachable(settings.temporal_address, "does not answer: start it, or set TEMPORAL_ADDRESS")


def waker(client: Client, task_queue: str) -> Wake:
    """Return what starts or wakes a customer's workflow: one call, whichever it needs."""

    async def wake(customer_id: str) -> None:
        await client.start_workflow(
            CustomerLifecycle.run,
            {"customer_id": customer_id},
            id=f"customer/{customer_id}",
            task_queue=task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            start_signal="News",
        )

    return wake


def incident_waker(client: Client, task_queue: str) -> WakeIncident:
    """Return what starts or wakes an incident's workflow: one call, whichever it needs."""

    async def wake(incident_id: str) -> None:
        await client.start_workflow(
            RiskIncident.run,
            {"incident_id": incident_id},
            id=f"incident/{incident_id}",
            task_queue=task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            start_signal="News",
        )

    return wake


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
    seller: Seller
    headers: Headers = no_headers
    trackers: Mapping[str, Tracker] = field(default_factory=dict)
    finance_email: str | None = None
    zone: str = "UTC"
    registrar: Registrar | None = None
    usage: UsageSource | None = None
    activity: ActivityLog | None = None
    audit: Audit | None = None
    mark: Mark = unmarked


def sms(settings: Settings) -> Courier | None:
    """Return the courier of Twilio's SMS; None where Twilio is not set up.

    The vendors' SDKs are imported where they are needed: most commands do without, and they take time.
    """
    account, key, secret = settings.twilio_account_sid, settings.twilio_api_key, settings.twilio_api_secret
    if account is None or key is None or secret is None:
        return None
    from providers.twilio_sms import TwilioSms

    return TwilioSms(
        account=account,
        key=key.get_secret_value(),
        secret=secret.get_secret_value(),
        sender=settings.sms_sender,
        public_url=settings.public_url,
        http=twilio_http(settings),
    )


def verify(settings: Settings) -> "TwilioVerify | None":
    """Return the verifier of Twilio Verify; None where no Verify service is set up."""
    account, key, secret = settings.twilio_account_sid, settings.twilio_api_key, settings.twilio_api_secret
    if account is None or key is None or secret is None or settings.twilio_verify is None:
        return None
    from providers.twilio_verify import TwilioVerify

    return TwilioVerify(
        account=account,
        key=key.get_secret_value(),
        secret=secret.get_secret_value(),
        service=settings.twilio_verify,
        http=twilio_http(settings),
    )


def code_check(settings: Settings) -> CodeCheck | None:
    """Return who is asked whether a code is right; None where codes are ours."""
    return verify(settings)


def twilio_http(settings: Settings) -> "RoutedHttp":
    """Return how Twilio's products are reached: at their own hosts, or only at those that stand in."""
    from providers.twilio_client import RoutedHttp

    bases = {
        "api": settings.twilio_api_base,
        "verify": settings.twilio_verify_base,
        "lookups": settings.twilio_lookups_base,
        "accounts": settings.twilio_accounts_base,
    }
    given = {product: base for product, base in bases.items() if base is not None}
    return RoutedHttp(given if settings.standing_in else None)


def email(settings: Settings) -> Courier | None:
    """Return the courier of SendGrid's email; None where SendGrid is not set up."""
    if settings.sendgrid_api_key is None or settings.sendgrid_from is None:
        return None
    from providers.sendgrid_client import BASE
    from providers.sendgrid_email import SendGridEmail

    own = None if settings.standing_in else BASE
    return SendGridEmail(
        api_key=settings.sendgrid_api_key.get_secret_value(),
        sender=settings.sendgrid_from,
        base=settings.sendgrid_base or own,
        logs_base=settings.sendgrid_logs_base or own,
        statutory_group=settings.sendgrid_statutory_group,
    )


def checking(settings: Settings) -> CheckPorts:
    """Return who is asked about new customers: a provider that is set up, else files and the number plan."""
    files = onboarding_files(settings)
    made = CheckPorts(
        bureau=files, identities=files, cards=files, lines=NumberPlan(), sanctions=files, lists=files
    )
    if settings.credit_bureau_url is not None and settings.credit_bureau_key is not None:
        from providers.generic_bureau import GenericBureau

        key = settings.credit_bureau_key.get_secret_value()
        made = replace(made, bureau=GenericBureau(base=settings.credit_bureau_url, key=key))
    if settings.identity_url is not None and settings.identity_key is not None:
        from providers.generic_bureau import GenericIdentities

        key = settings.identity_key.get_secret_value()
        made = replace(made, identities=GenericIdentities(base=settings.identity_url, key=key))
    if settings.sanctions_url is not None and settings.sanctions_key is not None:
        from providers.generic_bureau import GenericSanctions

        key = settings.sanctions_key.get_secret_value()
        made = replace(made, sanctions=GenericSanctions(base=settings.sanctions_url, key=key))
    if settings.stripe_api_key is not None:
        from providers.stripe_cards import BASE, StripeCards

        key = settings.stripe_api_key.get_secret_value()
        own = None if settings.standing_in else BASE
        made = replace(made, cards=StripeCards(key=key, base=settings.stripe_base or own))
    account, api_key, secret = (
        settings.twilio_account_sid,
        settings.twilio_api_key,
        settings.twilio_api_secret,
    )
    if settings.twilio_lookup and account is not None and api_key is not None and secret is not None:
        from providers.twilio_lookup import TwilioLookup

        lines = TwilioLookup(
            account=account,
            key=api_key.get_secret_value(),
            secret=secret.get_secret_value(),
            http=twilio_http(settings),
        )
        made = replace(made, lines=lines)
    return made


def onboarding_files(settings: Settings) -> OnboardingFiles:
    """Return the lists and tables of onboarding that finance fills."""
    return OnboardingFiles(settings.onboarding_files or ROOT / "policies" / "onboarding")


def trackers(settings: Settings) -> dict[str, Tracker]:
    """Return who is asked about messages of which nothing came back, by channel."""
    found: dict[str, Tracker] = {}
    account, key, secret = settings.twilio_account_sid, settings.twilio_api_key, settings.twilio_api_secret
    if account is not None and key is not None and secret is not None:
        from providers.twilio_tracker import TwilioTracker

        http = twilio_http(settings)
        found["sms"] = TwilioTracker(
            account=account, key=key.get_secret_value(), secret=secret.get_secret_value(), http=http
        )
    if settings.sendgrid_api_key is not None:
        from providers.sendgrid_client import BASE
        from providers.sendgrid_tracker import SendGridTracker

        own = None if settings.standing_in else BASE
        found["email"] = SendGridTracker(
            api_key=settings.sendgrid_api_key.get_secret_value(), logs_base=settings.sendgrid_logs_base or own
        )
    return found


def registrar(settings: Settings) -> Registrar | None:
    """Return who is told of opt-outs from SMS; None without Twilio, or where its account has no such API."""
    account, key, secret = settings.twilio_account_sid, settings.twilio_api_key, settings.twilio_api_secret
    if account is None or key is None or secret is None or not settings.twilio_consents:
        return None
    from providers.twilio_consents import TwilioConsents

    return TwilioConsents(
        account=account,
        key=key.get_secret_value(),
        secret=secret.get_secret_value(),
        sender=settings.sms_sender,
        http=twilio_http(settings),
    )


def parts(settings: Settings, ledger: Ledger, *, mark: Mark = unmarked) -> Parts:
    """Return the parts that the settings ask for: a vendor that is set up, else what is embedded."""
    outbox = Outbox(settings.outbox)
    by_sms = sms(settings) or outbox
    named = "outbox" if by_sms is outbox else "twilio"
    letters = Letters(ROOT / "templates")
    return Parts(
        books=Books(ledger=ledger, clock=lambda: clocks.read(ledger), code_version=code_version()),
        letters=letters,
        couriers={"email": email(settings) or outbox, "sms": by_sms},
        verifier=verify(settings) or CodeByMessage(letters=letters, courier=by_sms, name=named),
        checking=checking(settings),
        code_check=code_check(settings),
        cashier=Bank(settings.bank),
        provisioner=LedgerProvisioner(ledger),
        seller=seller(settings),
        headers=one_click(settings, ledger).headers if settings.public_url else no_headers,
        trackers=trackers(settings),
        finance_email=settings.finance_email,
        zone=settings.seller_timezone,
        registrar=registrar(settings),
        usage=usage_source(settings),
        activity=activity_log(settings),
        audit=audit_rules(settings),
        mark=mark,
    )


def _digests(made: Parts) -> Digests:
    return Digests(
        books=made.books,
        letters=made.letters,
        courier=made.couriers["email"],
        seller=made.seller,
        to=made.finance_email,
        zone=made.zone,
    )


def partner_center(settings: Settings) -> "PartnerCenter | None":
    """Return Partner Center, where there is a token for it.

    Raises:
        NotOffered: that cloud has neither usage nor activity logs.
    """
    if settings.partner_center_token is None:
        return None
    from providers.partner_center import PartnerCenter

    cloud = require(settings.partner_center_cloud or "commercial", "activity_log")
    own = None if settings.standing_in else cloud.api
    base = settings.partner_center_base or own
    if base is None:
        return None
    return PartnerCenter(token=settings.partner_center_token.get_secret_value(), base=base)


def usage_source(settings: Settings) -> UsageSource:
    """Return what tells the usage of customers: Partner Center, else files."""
    return partner_center(settings) or UsageFiles(settings.usage_folder)


def activity_log(settings: Settings) -> ActivityLog:
    """Return what tells what administrators did: Partner Center, else files."""
    return partner_center(settings) or ActivityFiles(settings.activity_folder)


def audit_rules(settings: Settings) -> Audit:
    """Return the rules by which the activity log is audited.

    Raises:
        BadDocument: with every problem of the file.
        Stop: there is no such file.
    """
    file = settings.activity_rules or ROOT / "policies" / "activity" / "audit.yaml"
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Stop(f"ACTIVITY_RULES: {file}: {error}: name a file of rules, or leave it out") from None
    return read_audit(text, name=str(file.name))


def _sweeping(made: Parts, wake: Wake, wake_incident: WakeIncident) -> Sweeping:
    return Sweeping(
        books=made.books,
        wake=wake,
        wake_incident=wake_incident,
        tracking=Tracking(books=made.books, trackers=made.trackers),
        telling=Telling(books=made.books, registrar=made.registrar),
        senders={channel: courier.sender for channel, courier in made.couriers.items()},
    )


def monitoring(made: Parts, wake: Wake) -> Monitoring | None:
    """Return what reads usage and activity logs; None where the parts have none."""
    if made.usage is None or made.activity is None or made.audit is None:
        return None
    return Monitoring(
        books=made.books,
        usage_source=made.usage,
        log=made.activity,
        rules=made.audit,
        zone=made.zone,
        wake=wake,
    )


def _monitoring(made: Parts, wake: Wake) -> list[Callable[..., Any]]:
    reading = monitoring(made, wake)
    return [] if reading is None else [reading.read_usage, reading.audit_activity]


def _onboarding(made: Parts, wake: Wake) -> Onboarding:
    return Onboarding(
        books=made.books,
        verifier=made.verifier,
        checks=OnboardingChecks(books=made.books, ports=made.checking),
        seller=made.seller,
        wake=wake,
        mark=made.mark,
    )


def _incidents(made: Parts, wake: Wake, wake_incident: WakeIncident) -> list[Callable[..., Any]]:
    asked = Incidents(books=made.books, wake=wake, wake_incident=wake_incident, mark=made.mark)
    return [asked.look, asked.write_down, asked.act, asked.start_the_right_one]


def workers(client: Client, task_queue: str, made: Parts) -> list[Worker]:
    """Return the workers of one process: one for the workflows, one per vendor's queue.

    Called in the loop in which they run: activities that wake a workflow do the rest in its threads, which
    are more than all of them together can take, so that no vendor keeps another waiting.
    """
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS, thread_name_prefix="waking"))
    wake, wake_incident = waker(client, task_queue), incident_waker(client, task_queue)
    books = made.books
    customers = Customers(books=books, wake=wake, check=made.code_check)
    messages = Messages(
        books=books,
        letters=made.letters,
        couriers=made.couriers,
        seller=made.seller,
        headers=made.headers,
        mark=made.mark,
    )
    service = Service(books=books, switch=LedgerSwitch(books.ledger), wake=wake, mark=made.mark)
    onboarding = _onboarding(made, wake)
    charges = Charges(books=books, cashier=made.cashier, mark=made.mark)
    provisioning = Provisioning(books=books, provisioner=made.provisioner, mark=made.mark)
    tasks = Tasks(books=books, mark=made.mark)

    def worker(
        queue: str, activities: Sequence[Callable[..., Any]], *, threads: int, looks: int = 0, **more: Any
    ) -> Worker:
        return Worker(
            client,
            task_queue=queue,
            activities=activities,
            # Looks are local and share the pool, so it has a thread for each: they wait for nothing else.
            activity_executor=ThreadPoolExecutor(threads + looks, thread_name_prefix=queue),
            max_concurrent_activities=threads,
            max_concurrent_local_activities=looks or None,
            graceful_shutdown_timeout=GRACEFUL,
            build_id=made.books.code_version,  # else the SDK hashes every imported module, for seconds
            **more,
        )

    looking: list[Callable[..., Any]] = [
        customers.look,
        customers.write_down,
        customers.start_the_right_one,
        tasks.open_task,
    ]
    looking += [_sweeping(made, wake, wake_incident).wake_who_is_due, _digests(made).write]
    looking += [*_monitoring(made, wake), *_incidents(made, wake, wake_incident)]
    looking += [onboarding.look, onboarding.check_here, onboarding.check_identifiers, onboarding.conclude]
    turning: list[Callable[..., Any]] = [service.restrict, service.suspend, service.reactivate]
    turning += [service.terminate, provisioning.provision, provisioning.book]
    return [
        worker(task_queue, looking, threads=8, looks=8, workflows=WORKFLOWS),
        worker(f"{task_queue}-email", [messages.send], threads=4),
        worker(f"{task_queue}-sms", [messages.send, onboarding.send_code], threads=4),
        worker(f"{task_queue}-checks", [onboarding.ask], threads=4),
        worker(f"{task_queue}-charge", [charges.charge], threads=4),
        worker(f"{task_queue}-service", turning, threads=4),
    ]


def read_statements(content: bytes, *, file: str, encoding: str) -> "BankFile | None":
    """Return what a bank's file says, in whatever format it is; None where it is neither XML nor MT940."""
    head = content.lstrip(b"\xef\xbb\xbf \t\r\n")
    if head.startswith((b"<", b"\xff\xfe<", b"\xfe\xff\0<")):
        from providers.statements import camt

        return camt.read(content, file=file)
    if re.search(rb"(?m)^:20:", content) and re.search(rb"(?m)^:(60|61|25)", content):
        from providers.statements import mt940

        return mt940.read(content, file=file, encoding=encoding)
    return None


def one_click(settings: Settings, ledger: Ledger, public_url: str = "") -> "OneClick":
    """Return what makes and reads the links of unsubscribing, under a key of this ledger alone."""
    from providers.one_click import OneClick

    key = hmac.new(ledger.code_key, b"one-click unsubscribe", hashlib.sha256).digest()
    return OneClick(key=key, public_url=settings.public_url or public_url)


def doors(settings: Settings) -> "dict[str, Door]":
    """Return the doors of the vendors for which there is what their webhooks are verified with.

    Raises:
        Stop: a key cannot be used; the message does not show it.
    """
    from providers.sendgrid_door import SendGridDoor
    from providers.twilio_door import TwilioDoor

    made: dict[str, Door] = {}
    if settings.twilio_auth_token is not None and settings.twilio_account_sid is not None:
        token = settings.twilio_auth_token.get_secret_value()
        made["twilio"] = TwilioDoor(
            account_sid=settings.twilio_account_sid, auth_token=token, shared_keys=settings.shared_keys
        )
    if settings.sendgrid_webhook_key is not None:
        try:
            made["sendgrid"] = SendGridDoor(public_key=settings.sendgrid_webhook_key)
        except (ValueError, TypeError):
            remedy = "copy the verification key of the Event Webhook from the SendGrid console"
            raise Stop(f"SENDGRID_WEBHOOK_KEY is no public key: {remedy}", status=WRONG_USAGE) from None
    if settings.incident_webhook_secret is not None:
        made["incidents"] = _incident_door(settings.incident_webhook_secret.get_secret_value())
    return made


def _incident_door(secret: str) -> "Door":
    from providers.incident_door import IncidentDoor

    try:
        return IncidentDoor(secret=secret)
    except ValueError:
        remedy = "write whsec_ and a key of 24 to 64 bytes in base64"
        raise Stop(f"INCIDENT_WEBHOOK_SECRET is no secret: {remedy}", status=WRONG_USAGE) from None


def notices_of(raw: bytes, format: str) -> "list[Notice]":
    """Return the notices in a file: an email, or what the API of Partner Center or Graph answered.

    Raises:
        Stop: it cannot be read.
    """
    from providers import incident_mail, microsoft_alerts

    try:
        return [incident_mail.read(raw)] if format == "mail" else microsoft_alerts.read(raw, format)
    except (incident_mail.Unreadable, microsoft_alerts.Unreadable) as error:
        raise Stop(str(error), status=WRONG_USAGE) from None


def site(
    settings: Settings, ledger: Ledger, wake: Wake, wake_incident: WakeIncident, *, public_url: str
) -> "FastAPI":
    """Return what `serve` serves; `public_url` stands in where the settings name none.

    Raises:
        Stop: a key cannot be used.
    """
    from web.api.tokens import Tokens
    from web.app import Site, application
    from web.log import Traceless

    logging.getLogger("uvicorn.error").addFilter(Traceless())
    return application(
        Site(
            ledger=ledger,
            doors=doors(settings),
            links=one_click(settings, ledger, public_url),
            public_url=settings.public_url or public_url,
            seller=settings.seller_name,
            wake=wake,
            wake_incident=wake_incident,
            code_version=code_version(),
            tokens=Tokens(settings.callers),
            view=_viewer(ledger),
            shared_domains=lambda: onboarding_files(settings).shared()[0],
        )
    )


def _viewer(ledger: Ledger) -> Callable[[str], Mapping[str, Any]]:
    """Return what gives the view that finance has of a customer, without writing anything."""
    books = Books(ledger=ledger, clock=lambda: clocks.read(ledger), code_version=code_version())

    def view(customer_id: str) -> Mapping[str, Any]:
        now = clocks.read(ledger).business(datetime.now(UTC))
        return books.view(peek(ledger, customer_id, now=now))

    return view


def patient_wakers(settings: Settings) -> tuple[Wake, WakeIncident]:
    """Return wakers that connect when it is first needed: webhooks are taken while Temporal is away."""
    clients: list[Client] = []

    async def client() -> Client:
        if not clients:
            clients.append(await connect(settings))
        return clients[0]

    async def wake(customer_id: str) -> None:
        await waker(await client(), settings.task_queue)(customer_id)

    async def wake_incident(incident_id: str) -> None:
        await incident_waker(await client(), settings.task_queue)(incident_id)

    return wake, wake_incident


async def start_sweep(
    client: Client, task_queue: str, ledger: Ledger, *, every: timedelta = timedelta(minutes=1)
) -> str | None:
    """Create the schedule of the sweep, or leave the one that is there; say when it is another ledger's.

    Two ledgers on one queue would mix their customers in silence.
    """
    name, identity = sweep_id(task_queue), await asyncio.to_thread(lambda: ledger.identity)
    action = ScheduleActionStartWorkflow(Sweep.run, {}, id=name, task_queue=task_queue)
    spec = ScheduleSpec(intervals=[ScheduleIntervalSpec(every=every)])
    try:
        await client.create_schedule(name, Schedule(action=action, spec=spec), memo={LEDGER: identity})
    except ScheduleAlreadyRunningError:
        there = await client.get_schedule_handle(name).describe()
        if await there.memo_value(LEDGER, identity) != identity:
            return (
                f"task queue {task_queue} works on another ledger: give this one a TASK_QUEUE of its own,"
                f" or delete the schedule {name} if that ledger is gone"
            )
    return None


async def start_digest(client: Client, settings: Settings, *, every: timedelta | None = None) -> None:
    """Create the schedule of the daily digest, or bring the one that is there to these settings.

    A day on which nobody worked is made up for by one run.

    Args:
        every: look so often whether one is due, as a demo does whose days pass in seconds.
    """
    name, queue = digest_id(settings.task_queue), settings.task_queue
    action = ScheduleActionStartWorkflow(DailyDigest.run, {}, id=name, task_queue=queue)
    hour = ScheduleCalendarSpec(hour=[ScheduleRange(HOUR.hour)], minute=[ScheduleRange(HOUR.minute)])
    spec = (
        ScheduleSpec(calendars=[hour], time_zone_name=settings.seller_timezone)
        if every is None
        else ScheduleSpec(intervals=[ScheduleIntervalSpec(every=every)])
    )
    wanted = Schedule(action=action, spec=spec)
    try:
        await client.create_schedule(name, wanted)
    except ScheduleAlreadyRunningError:
        await client.get_schedule_handle(name).update(lambda there: ScheduleUpdate(schedule=wanted))


MONITORS_EVERY = timedelta(hours=6)
"""So that one failed run is no alarm, which comes after a day."""


async def start_monitors(
    client: Client, task_queue: str, ledger: Ledger, *, every: timedelta = MONITORS_EVERY
) -> None:
    """Create the schedules of what watches by itself, or leave them as they are, and expect them to run."""
    for workflow, name in ((UsageWatch, monitors.USAGE), (ActivityAudit, monitors.ACTIVITY)):
        id_ = f"watch-{name}/{task_queue}"
        action = ScheduleActionStartWorkflow(workflow.run, {}, id=id_, task_queue=task_queue)
        spec = ScheduleSpec(intervals=[ScheduleIntervalSpec(every=every)])
        with suppress(ScheduleAlreadyRunningError):
            await client.create_schedule(id_, Schedule(action=action, spec=spec))
        await asyncio.to_thread(_expect, ledger, name)


def _expect(ledger: Ledger, name: str) -> None:
    monitors.expect(ledger, name, now=clocks.read(ledger).business(datetime.now(UTC)))
