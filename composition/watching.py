"""Usage and activity logs: Partner Center, or files that stand in for it."""

from activities.monitoring import ActivityLog, UsageSource
from composition.partner_center import partner_center_reads
from domain.activity_log.rules import Audit, read_audit
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
