"""The workers of a process: one for the workflows, and one for each vendor's queue."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from temporalio.client import Client
from temporalio.worker import Worker

from activities.alerts import Alerts
from activities.budgets import Budgets
from activities.charges import Charges
from activities.customers import Customers, Wake
from activities.digests import Digests
from activities.events import Events
from activities.incidents import Incidents, WakeIncident
from activities.messages import Messages
from activities.monitoring import Monitoring
from activities.onboarding import Onboarding
from activities.onboarding_checks import OnboardingChecks
from activities.outside import Outside
from activities.provisioning import Provisioning
from activities.service import Service
from activities.sweep import Sweeping
from activities.tasks import Tasks
from activities.telling import Telling
from activities.tracking import Tracking
from activities.watching import WakeTurn, Watching
from composition.assembly import Parts
from composition.client import incident_waker, turn_waker, waker
from composition.product import EVENTS_LOST
from domain.channels import CHARGE
from settings import Settings
from workflows.customer_lifecycle import CustomerLifecycle
from workflows.daily_digest import DailyDigest
from workflows.events import EventsOut
from workflows.monitoring import (
    ActivityAudit,
    AlertWatch,
    BudgetWatch,
    OutsideWatch,
    ServiceWatch,
    UsageWatch,
)
from workflows.onboarding_verification import OnboardingVerification
from workflows.risk_incident import RiskIncident
from workflows.subscription_suspension import SubscriptionSuspension
from workflows.sweep import Sweep

WORKFLOWS = (
    *(CustomerLifecycle, OnboardingVerification, SubscriptionSuspension, RiskIncident),
    *(Sweep, DailyDigest, EventsOut),
    *(UsageWatch, ActivityAudit, ServiceWatch, OutsideWatch, AlertWatch, BudgetWatch),
)

EFFECTS: Mapping[str, str] = {
    "email": "no email goes out",
    "sms": "neither SMS nor codes go out",
    "checks": "nobody is asked about new customers",
    "charge": "no card is charged",
    "service": "no service is suspended or returned",
}
"""What queues of effects are called, behind that of the workflows, and what stands still without workers."""

GRACEFUL = timedelta(seconds=10)
THREADS = 32
"""Of activities that are coroutines: more than the queues let run at once."""


def _digests(made: Parts) -> Digests:
    return Digests(
        books=made.books,
        letters=made.letters,
        courier=made.couriers["email"],
        seller=made.seller,
        to=made.finance_email,
        zone=made.zone,
        rules=made.worklist,
    )


def _messages(made: Parts) -> Messages:
    return Messages(
        books=made.books,
        letters=made.letters,
        couriers=made.couriers,
        seller=made.seller,
        headers=made.headers,
        page=made.page,
        mark=made.mark,
    )


def _sweeping(made: Parts, wake: Wake, wake_incident: WakeIncident) -> Sweeping:
    return Sweeping(
        books=made.books,
        wake=wake,
        wake_incident=wake_incident,
        tracking=Tracking(books=made.books, trackers=made.trackers),
        telling=Telling(books=made.books, registrar=made.registrar),
        senders={
            **{channel: courier.sender for channel, courier in made.couriers.items()},
            CHARGE: made.cashier.sender,
        },
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


def _budgets(made: Parts) -> list[Callable[..., Any]]:
    if made.budgets is None:
        return []
    return [Budgets(books=made.books, keeper=made.budgets, mark=made.mark).set]


def _alerts(made: Parts, wake: Wake, wake_incident: WakeIncident) -> list[Callable[..., Any]]:
    if made.alerts is None:
        return []
    asked = Alerts(
        books=made.books, source=made.alerts, wake=wake, wake_incident=wake_incident, mark=made.mark
    )
    return [asked.read, asked.answer]


def _outside(made: Parts, wake: Wake, wake_incident: WakeIncident) -> list[Callable[..., Any]]:
    if made.teller is None:
        return []
    return [Outside(books=made.books, teller=made.teller, wake=wake, wake_incident=wake_incident).read]


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


def _service(made: Parts, wake: Wake, wake_turn: WakeTurn) -> list[Callable[..., Any]]:
    turned = Service(
        books=made.books, switches=made.switches, wake=wake, dry_run=made.dry_run, mark=made.mark
    )
    watching = Watching(books=made.books, switches=made.switches, wake=wake, wake_turn=wake_turn)
    given = Provisioning(books=made.books, provisioner=made.provisioner, mark=made.mark)
    turning: list[Callable[..., Any]] = [turned.restrict, turned.suspend, turned.reactivate]
    return [*turning, turned.terminate, given.provision, given.book, watching.look_around]


def _looking(
    made: Parts, wake: Wake, wake_incident: WakeIncident, onboarding: Onboarding
) -> list[Callable[..., Any]]:
    """Return what the worker of the workflows does itself: looks, and what reaches nobody outside."""
    customers = Customers(books=made.books, wake=wake, check=made.code_check)
    looking: list[Callable[..., Any]] = [
        customers.look,
        customers.write_down,
        customers.start_the_right_one,
        Tasks(books=made.books, mark=made.mark).open_task,
    ]
    looking += [_sweeping(made, wake, wake_incident).wake_who_is_due, _digests(made).write]
    looking += [*_monitoring(made, wake), *_incidents(made, wake, wake_incident)]
    looking += [*_outside(made, wake, wake_incident), *_alerts(made, wake, wake_incident), *_budgets(made)]
    looking += [onboarding.look, onboarding.check_here, onboarding.check_identifiers, onboarding.conclude]
    return looking


def _effects(
    made: Parts, wake: Wake, wake_turn: WakeTurn, onboarding: Onboarding
) -> dict[str, list[Callable[..., Any]]]:
    """Return what is done on each queue of effects, by the name of EFFECTS."""
    messages = _messages(made)
    return {
        "email": [messages.send],
        "sms": [messages.send, onboarding.send_code],
        "checks": [onboarding.ask],
        "charge": [Charges(books=made.books, cashier=made.cashier, mark=made.mark).charge],
        "service": _service(made, wake, wake_turn),
    }


def workers(client: Client, task_queue: str, made: Parts) -> list[Worker]:
    """Return the workers of one process: one for the workflows, one per vendor's queue.

    Called in the loop in which they run: activities that wake a workflow do the rest in its threads, which
    are more than all of them together can take, so that no vendor keeps another waiting.
    """
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS, thread_name_prefix="waking"))
    wake, wake_incident = waker(client, task_queue), incident_waker(client, task_queue)
    onboarding = _onboarding(made, wake)

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

    looking = _looking(made, wake, wake_incident, onboarding)
    effects = _effects(made, wake, turn_waker(client), onboarding)
    limits = {"service": _at_most(made.turns_per_second)}
    return [
        worker(task_queue, looking, threads=8, looks=8, workflows=WORKFLOWS),
        *(
            worker(f"{task_queue}-{name}", done, threads=4, **limits.get(name, {}))
            for name, done in effects.items()
        ),
        *_telling(made, lambda run, threads: worker(f"{task_queue}-events", [run], threads=threads)),
    ]


def _telling(made: Parts, worker: Callable[[Callable[..., Any], int], Worker]) -> list[Worker]:
    """Return the worker of events to the seller's product: a thread for each endpoint, so that none waits."""
    if not made.endpoints:
        return []
    events = Events(books=made.books, endpoints=made.endpoints, mark=made.mark)
    return [worker(events.tell, len(made.endpoints))]


def _at_most(per_second: float | None) -> dict[str, Any]:
    """Return the limit of a queue, for all workers together; nothing where it has none."""
    return {} if per_second is None else {"max_task_queue_activities_per_second": per_second}


def queues(settings: Settings) -> dict[str, str]:
    """Return the queues on which workers of a deployment listen, and what stands still where none does."""
    queue = settings.task_queue
    effects = {f"{queue}-{name}": lost for name, lost in EFFECTS.items()}
    events = {f"{queue}-events": EVENTS_LOST} if settings.event_urls else {}
    return {queue: "nothing is looked at, waited for or begun", **effects, **events}
