"""Controls over the account of a customer who is served."""

from domain.controls.control import DAILY, Control

ROWS: tuple[Control, ...] = (
    Control(
        id="G4",
        says="Watches every account from its first day: each worker that starts sees to the schedules.",
        kind="recommendation",
        phase="account",
        owner="operator",
        implemented_by=("composition:start_sweep", "composition:start_digest", "composition:start_monitors"),
        proven_by=(
            "tests/workflows/test_two_ledgers.py::test_a_queue_belongs_to_one_ledger",
            "tests/workflows/test_daily_digest.py::test_a_schedule_is_made_once_follows_the_settings_and_leaves_one_digest",
        ),
    ),
    Control(
        id="S21a",
        says="Agrees with each customer on what it means to use, and asks again each quarter.",
        kind="recommendation",
        phase="account",
        owner="account owner",
        implemented_by=("domain.usage.watch:budget_for", "domain.rules.usage:usage"),
        proven_by=(
            "tests/domain/test_usage.py::test_a_budget_follows_from_what_was_agreed",
            "tests/domain/test_usage.py::test_without_a_profile_the_budget_is_low",
            "tests/domain/test_usage.py::test_usage_without_a_profile_is_a_task_and_so_is_a_profile_that_is_old",
        ),
    ),
    Control(
        id="S21b",
        says="Gives each customer a monthly budget of its own, in its currency, and sets it at the provider too.",
        kind="control",
        phase="account",
        owner="account owner",
        implemented_by=(
            "domain.usage.watch:budget_for",
            "domain.usage.provider_budget:wish",
            "activities.budgets:Budgets",
        ),
        noted_in="store.monitors",
        asked_in="store.monitors",
        proven_by=(
            "tests/activities/test_budgets.py::test_what_was_agreed_is_set_read_back_and_left_alone",
            "tests/activities/test_budgets.py::test_what_is_read_back_otherwise_is_a_task_until_it_stands",
            "tests/domain/test_usage.py::test_a_budget_follows_from_what_was_agreed",
            "tests/domain/test_usage.py::test_usage_in_a_currency_without_a_budget_is_a_task",
            "tests/domain/test_usage.py::test_the_next_month_begins_anew_in_the_customers_zone",
        ),
    ),
    Control(
        id="S21c",
        says="Reads usage every day and tells of each level once a month, above the whole budget too.",
        kind="control",
        phase="account",
        owner="account owner",
        implemented_by=(
            "activities.monitoring:Monitoring",
            "domain.rules.usage:usage",
            "domain.usage.watch:standing",
        ),
        proven_by=(
            "tests/domain/test_usage.py::test_a_level_is_reached_exactly",
            "tests/domain/test_usage.py::test_a_level_is_told_once_a_month_whatever_comes_in_which_order",
            "tests/activities/test_monitoring.py::test_readings_become_facts_once_and_page_by_page",
        ),
        within=DAILY,
        noted_in="store.monitors",
        asked_in="store.monitors",
    ),
    Control(
        id="S22",
        says="Audits the vendor's activity log every day by rules, and takes its own silence for an alarm.",
        kind="control",
        phase="account",
        owner="fraud desk",
        implemented_by=(
            "activities.monitoring:Monitoring",
            "domain.activity_log.rules:findings",
            "domain.incidents.signs:of_activity",
            "policies/activity/audit.yaml",
        ),
        proven_by=(
            "tests/domain/test_activity_log.py::test_what_the_rules_that_ship_notice",
            "tests/activities/test_monitoring.py::test_a_grave_finding_opens_an_incident_once_that_rests_nothing",
            "tests/activities/test_monitoring.py::test_the_cursor_loses_and_doubles_nothing",
            "tests/activities/test_monitoring.py::test_a_monitor_that_has_gone_silent_is_an_alarm_until_it_runs",
            "tests/activities/test_monitoring.py::test_a_monitor_that_is_off_is_not_expected_to_run",
        ),
        within=DAILY,
        noted_in="store.monitors",
        asked_in="store.monitors",
    ),
    Control(
        id="S24",
        says="Grants full administration only where every precondition holds, for a time, and reviews it weekly.",
        kind="control",
        phase="account",
        owner="account owner",
        implemented_by=("domain.access.preconditions:missing", "domain.rules.access:access"),
        proven_by=(
            "tests/domain/test_access.py::test_a_role_is_granted_when_nothing_is_missing",
            "tests/domain/test_access.py::test_a_refusal_names_what_is_missing",
            "tests/domain/test_access.py::test_a_grant_is_reviewed_weekly_and_its_end_is_told_of",
        ),
    ),
)
