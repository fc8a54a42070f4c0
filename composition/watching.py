"""Usage, activity logs and alerts: Partner Center, or files that stand in for it."""

from activities.alerts import AlertSource
from activities.budgets import BudgetKeeper
from activities.monitoring import ActivityLog, UsageSource
from composition.partner_center import partner_center_app, partner_center_client, partner_center_reads
from domain.activity_log.rules import Audit, read_audit
from domain.clouds import CLOUDS
from ending import Stop
from providers.drop_folder import ActivityFiles, UsageFiles
from settings import ROOT, Settings


def usage_source(settings: Settings) -> UsageSource:
    """Return what tells the usage of customers: Partner Center on behalf of a user, else files."""
    asked = settings.partner_center_token or settings.partner_center_refresh_token_file
    found = partner_center_reads(settings, "usage") if asked else None
    return found or UsageFiles(settings.usage_folder)


def activity_log(settings: Settings) -> ActivityLog:
    """Return what tells what administrators did: Partner Center, else files."""
    return partner_center_reads(settings, "activity_log") or ActivityFiles(settings.activity_folder)


def budget_keeper(settings: Settings) -> BudgetKeeper | None:
    """Return who keeps budgets of usage; None where Partner Center is not set up, or its cloud has none."""
    if "budget" not in CLOUDS[settings.partner_center_cloud or "commercial"].offers:
        return None
    client = partner_center_client(settings)
    if client is None:
        return None
    from providers.partner_center.budgets import PartnerCenterBudgets

    return PartnerCenterBudgets(client)


def alerts_by_graph(settings: Settings) -> bool:
    """Whether Microsoft's alerts of fraud are read from Graph: where that is said, or else an app logs in."""
    wanted = settings.partner_center_alerts
    return wanted == "graph" or (
        wanted is None and settings.partner_center_tenant is not None and _as_usual(settings)
    )


def _as_usual(settings: Settings) -> bool:
    return settings.partner_center_cloud in (None, "commercial")


def alert_source(settings: Settings) -> AlertSource | None:
    """Return who tells of fraud and misuse: Graph for an app, fraud events for a user; None for neither."""
    if alerts_by_graph(settings):
        return _graph_alerts(settings)
    wanted = settings.partner_center_alerts
    by_user = settings.partner_center_token or settings.partner_center_refresh_token_file
    if wanted == "fraud_events" or (wanted is None and by_user and _as_usual(settings)):
        client = partner_center_client(settings)
        if client is not None:
            from providers.partner_center.alerts import FraudEvents

            return FraudEvents(client)
    return None


def graph_base(settings: Settings) -> str | None:
    """Return where Graph is asked; None where another vendor has a stand-in and Graph has none."""
    from providers.partner_center.alerts import GRAPH_RESOURCE

    return settings.partner_center_graph_base or (None if settings.standing_in else GRAPH_RESOURCE)


def _graph_alerts(settings: Settings) -> AlertSource | None:
    from providers.partner_center.alerts import GRAPH_RESOURCE, GraphAlerts
    from providers.partner_center.client import Client
    from providers.partner_center.login import AppOnly

    base, app = graph_base(settings), partner_center_app(settings, resource=GRAPH_RESOURCE)
    if base is None or app is None:
        return None
    return GraphAlerts(Client(base=base, app=AppOnly(app)))


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
