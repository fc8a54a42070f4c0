"""The composition root: settings become providers, activities and doors. Only here are vendors known."""

import asyncio
import hashlib
import hmac
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    ScheduleSpec,
)
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Worker

from activities.books import Books
from activities.charges import Cashier, Charges
from activities.customers import Customers, Wake
from activities.messages import Courier, Headers, Messages, no_headers
from activities.onboarding import CodeByMessage, Onboarding, PhoneVerifier
from activities.once import Mark, unmarked
from activities.provisioning import LedgerProvisioner, Provisioner, Provisioning
from activities.rendering import Letters
from activities.service import LedgerSwitch, Service
from activities.sweep import Sweeping
from activities.tasks import Tasks
from activities.tracking import Tracker, Tracking
from domain.notice import Seller
from ending import WRONG_USAGE, Stop, Unreachable
from providers.bank import Bank
from providers.outbox import Outbox
from settings import ROOT, VERSION, Settings
from store import clock as clocks
from store.assess import peek
from store.database import Ledger
from store.verifications import CodeCheck
from workflows.conversion import DATA_CONVERTER
from workflows.customer_lifecycle import CustomerLifecycle
from workflows.onboarding_verification import OnboardingVerification
from workflows.subscription_suspension import SubscriptionSuspension
from workflows.sweep import Sweep

if TYPE_CHECKING:
    from fastapi import FastAPI

    from providers.one_click import OneClick
    from providers.twilio_client import RoutedHttp
    from providers.twilio_verify import TwilioVerify
    from web.doors import Door

WORKFLOWS = (CustomerLifecycle, OnboardingVerification, SubscriptionSuspension, Sweep)


def sweep_id(task_queue: str) -> str:
    """Return the id of the schedule of a queue's sweep; its runs are called so too."""
    return f"sweep/{task_queue}"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the activities are made of; tests replace single parts by others of the same Protocol."""

    books: Books
    letters: Letters
    couriers: dict[str, Courier]
    verifier: PhoneVerifier
    code_check: CodeCheck | None = None
    cashier: Cashier
    provisioner: Provisioner
    seller: Seller
    headers: Headers = no_headers
    trackers: Mapping[str, Tracker] = field(default_factory=dict)
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
    """Return what asks the vendor whether a code is right; None where codes are ours."""
    verifier = verify(settings)
    return None if verifier is None else verifier.check


def twilio_http(settings: Settings) -> "RoutedHttp":
    """Return how Twilio's products are reached: at their own hosts, or only at those that stand in."""
    from providers.twilio_client import RoutedHttp

    bases = {
        "api": settings.twilio_api_base,
        "verify": settings.twilio_verify_base,
        "lookups": settings.twilio_lookups_base,
    }
    given = {product: base for product, base in bases.items() if base is not None}
    return RoutedHttp(given if settings.standing_in else None)


def email(settings: Settings) -> Courier | None:
    """Return the courier of SendGrid's email; None where SendGrid is not set up."""
    if settings.sendgrid_api_key is None or settings.sendgrid_from is None:
        return None
    from providers.sendgrid_email import BASE, SendGridEmail

    own = None if settings.standing_in else BASE
    return SendGridEmail(
        api_key=settings.sendgrid_api_key.get_secret_value(),
        sender=settings.sendgrid_from,
        base=settings.sendgrid_base or own,
        logs_base=settings.sendgrid_logs_base or own,
    )


def trackers(settings: Settings) -> dict[str, Tracker]:
    """Return who is asked about messages of which nothing came back, by channel."""
    account, key, secret = settings.twilio_account_sid, settings.twilio_api_key, settings.twilio_api_secret
    if account is None or key is None or secret is None:
        return {}
    from providers.twilio_tracker import TwilioTracker

    http = twilio_http(settings)
    asking = TwilioTracker(
        account=account, key=key.get_secret_value(), secret=secret.get_secret_value(), http=http
    )
    return {"sms": asking}


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
        code_check=code_check(settings),
        cashier=Bank(settings.bank),
        provisioner=LedgerProvisioner(ledger),
        seller=seller(settings),
        headers=one_click(settings, ledger).headers if settings.public_url else no_headers,
        trackers=trackers(settings),
        mark=mark,
    )


def _sweeping(made: Parts, wake: Wake) -> Sweeping:
    return Sweeping(
        books=made.books,
        wake=wake,
        tracking=Tracking(books=made.books, trackers=made.trackers),
        senders={channel: courier.sender for channel, courier in made.couriers.items()},
    )


def workers(client: Client, task_queue: str, made: Parts) -> list[Worker]:
    """Return the workers of one process: one for the workflows, one per vendor's queue.

    Called in the loop in which they run: activities that wake a workflow do the rest in its threads, which
    are more than all of them together can take, so that no vendor keeps another waiting.
    """
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS, thread_name_prefix="waking"))
    wake = waker(client, task_queue)
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
    onboarding = Onboarding(
        books=books, verifier=made.verifier, seller=made.seller, wake=wake, mark=made.mark
    )
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
    looking += [_sweeping(made, wake).wake_who_is_due]
    turning: list[Callable[..., Any]] = [service.restrict, service.suspend, service.reactivate]
    turning += [service.terminate, provisioning.provision, provisioning.book]
    looking += [onboarding.look, onboarding.check_identifiers, onboarding.conclude]
    return [
        worker(task_queue, looking, threads=8, looks=8, workflows=WORKFLOWS),
        worker(f"{task_queue}-email", [messages.send], threads=4),
        worker(f"{task_queue}-sms", [messages.send, onboarding.send_code], threads=4),
        worker(f"{task_queue}-charge", [charges.charge], threads=4),
        worker(f"{task_queue}-service", turning, threads=4),
    ]


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
        made["twilio"] = TwilioDoor(account_sid=settings.twilio_account_sid, auth_token=token)
    if settings.sendgrid_webhook_key is not None:
        try:
            made["sendgrid"] = SendGridDoor(public_key=settings.sendgrid_webhook_key)
        except (ValueError, TypeError):
            remedy = "copy the verification key of the Event Webhook from the SendGrid console"
            raise Stop(f"SENDGRID_WEBHOOK_KEY is no public key: {remedy}", status=WRONG_USAGE) from None
    return made


def site(settings: Settings, ledger: Ledger, wake: Wake, *, public_url: str) -> "FastAPI":
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
            code_version=code_version(),
            tokens=Tokens(settings.callers),
            view=_viewer(ledger),
        )
    )


def _viewer(ledger: Ledger) -> Callable[[str], Mapping[str, Any]]:
    """Return what gives the view that finance has of a customer, without writing anything."""
    books = Books(ledger=ledger, clock=lambda: clocks.read(ledger), code_version=code_version())

    def view(customer_id: str) -> Mapping[str, Any]:
        now = clocks.read(ledger).business(datetime.now(UTC))
        return books.view(peek(ledger, customer_id, now=now))

    return view


def patient_waker(settings: Settings) -> Wake:
    """Return a waker that connects when it is first needed: webhooks are taken while Temporal is away."""
    clients: list[Client] = []

    async def wake(customer_id: str) -> None:
        if not clients:
            clients.append(await connect(settings))
        await waker(clients[0], settings.task_queue)(customer_id)

    return wake


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
