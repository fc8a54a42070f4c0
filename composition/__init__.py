"""The composition root: settings become providers, activities and doors. Only here are vendors known."""

from composition.assembly import Parts, parts
from composition.checks import checking, onboarding_files
from composition.client import connect, connected, incident_waker, patient_wakers, waker, watch_waker
from composition.deployment import code_version, seller
from composition.inbound import doors, notices_of, one_click, read_statements, site
from composition.messaging import code_check, email, registrar, sms, trackers, twilio_http, verify
from composition.own_pages import page_links
from composition.partner_center import (
    partner_center_app,
    partner_center_client,
    partner_center_switch,
    refresh_token_age,
    webhook_registration,
)
from composition.probing import probes
from composition.product import event_endpoints, product_switch
from composition.queues import GRACEFUL, WORKFLOWS, monitoring, queues, workers
from composition.schedules import (
    digest_id,
    events_id,
    schedules,
    start_digest,
    start_events,
    start_monitors,
    start_sweep,
    sweep_id,
    watch_id,
    watched,
)
from composition.stripe import cashier, stripe_events
from composition.switching import switches
from composition.watching import activity_log, alert_source, audit_rules, budget_keeper, usage_source
from composition.worklist import worklist_rules

__all__ = [
    "GRACEFUL",
    "WORKFLOWS",
    "Parts",
    "activity_log",
    "alert_source",
    "audit_rules",
    "budget_keeper",
    "cashier",
    "checking",
    "code_check",
    "code_version",
    "connect",
    "connected",
    "digest_id",
    "doors",
    "email",
    "event_endpoints",
    "events_id",
    "incident_waker",
    "monitoring",
    "notices_of",
    "onboarding_files",
    "one_click",
    "page_links",
    "partner_center_app",
    "partner_center_client",
    "partner_center_switch",
    "parts",
    "patient_wakers",
    "probes",
    "product_switch",
    "queues",
    "read_statements",
    "refresh_token_age",
    "registrar",
    "schedules",
    "seller",
    "site",
    "sms",
    "start_digest",
    "start_events",
    "start_monitors",
    "start_sweep",
    "stripe_events",
    "sweep_id",
    "switches",
    "trackers",
    "twilio_http",
    "usage_source",
    "verify",
    "waker",
    "watch_id",
    "watch_waker",
    "watched",
    "webhook_registration",
    "workers",
    "worklist_rules",
]
