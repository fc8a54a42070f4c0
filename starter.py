"""Arrears on the command line.

Every command takes --help. Those that print data take --json. Exit status: 0 done, 1 refused or not
found, 2 wrong usage. Commands write to the ledger and work while no worker runs; the workflow is
woken when Temporal answers, else by the next sweep.
"""

from collections.abc import Sequence

from domain.calendar import use_pinned_zones

use_pinned_zones()  # before anything reads a zone

import typer  # noqa: E402

from commandline import (  # noqa: E402
    access,
    activity,
    bank,
    controls,
    credit,
    customers,
    digest,
    events,
    fees,
    incidents,
    onboarding,
    own_pages,
    partner_center,
    policies,
    policy_tools,
    receivables,
    reports,
    running,
    subscriptions,
    switches,
    tasks,
    templates,
    usage,
    views,
)
from commandline.session import closing  # noqa: E402
from ending import leave, status_of  # noqa: E402

app = typer.Typer(
    name="starter.py",
    help=__doc__,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
)

for group in (customers, tasks, switches, receivables, digest, running, views, credit):
    app.add_typer(group.app)
policies.app.add_typer(policy_tools.app)
app.add_typer(bank.app, name="bank")
app.add_typer(access.app, name="access")
app.add_typer(activity.app, name="activity")
app.add_typer(events.app, name="events")
app.add_typer(fees.app, name="fee")
app.add_typer(incidents.app, name="incident")
app.add_typer(onboarding.app, name="onboarding")
app.add_typer(own_pages.app, name="page")
app.add_typer(partner_center.app, name="partner-center")
app.add_typer(policies.app, name="policy")
app.add_typer(reports.app, name="report")
app.add_typer(subscriptions.app, name="subscription")
app.add_typer(templates.app, name="templates")
app.add_typer(controls.app, name="controls")
app.add_typer(usage.app, name="usage")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line, with the process's arguments or these, and return its exit status."""
    return status_of(lambda: _run(arguments))


def _run(arguments: Sequence[str] | None) -> int:
    try:
        with closing:
            app(arguments, prog_name="starter.py", standalone_mode=True)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1
    return 0


if __name__ == "__main__":
    leave(main())
