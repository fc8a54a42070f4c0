"""Controls over what a customer who is served owes."""

from domain.controls.control import DAILY, Control

ROWS: tuple[Control, ...] = (
    Control(
        id="S27a",
        says="Ages what is open each day, ties it to the ledger, and has a person place money that pays nothing.",
        kind="control",
        phase="billing",
        owner="finance",
        implemented_by=("store.reports:ageing", "store.daily:look", "store.reporting.morning:read"),
        proven_by=(
            "tests/domain/test_digest.py::test_the_buckets_sum_to_the_total_and_to_what_was_given",
            "tests/store/test_reports.py::test_what_is_stored_equals_a_rebuild_of_all_facts",
            "tests/store/test_digests.py::test_money_that_pays_nothing_is_a_task_until_it_is_placed",
            "tests/store/test_digests.py::test_totals_that_differ_are_told",
        ),
        within=DAILY,
        noted_in="store.daily",
        asked_in="store.daily",
    ),
    Control(
        id="S27b",
        says="Chases everybody by the same ladder, step by step, and never leaves a step out in silence.",
        kind="control",
        phase="billing",
        owner="finance",
        implemented_by=(
            "domain.plan:plan",
            "domain.rules.ladder:reminders",
            "activities.messages:Messages",
            "workflows.customer_lifecycle:CustomerLifecycle",
        ),
        proven_by=(
            "tests/domain/test_plan.py::test_the_whole_ladder_and_back",
            "tests/domain/test_properties.py::test_the_promises_hold_and_the_cases_are_worth_it",
            "tests/stories/test_one_invoice.py::test_acme_pays_after_the_second_reminder",
            "tests/stories/test_reaching.py::test_a_letter_that_comes_back_goes_out_by_text_at_once",
            "tests/kill/test_random_moments.py::test_no_step_is_missing_or_taken_twice_whenever_worker_and_server_are_killed",
        ),
        noted_in="store.claims",
        instead="`stop` keeps everything back, `pause` and `exempt` one customer",
    ),
    Control(
        id="S27c",
        says="Tells what is late from what is not paid by the announced day: the first keeps its service.",
        kind="control",
        phase="billing",
        owner="finance",
        implemented_by=("domain.digest.lateness:lateness", "domain.rules.suspension:suspension"),
        proven_by=(
            "tests/domain/test_digest.py::test_what_kind_of_lateness",
            "tests/store/test_digests.py::test_what_is_late_becomes_non_payment_on_the_announced_day",
            "tests/domain/test_suspension.py::test_the_day_of_the_suspension",
        ),
        within=DAILY,
        noted_in="activities.digests",
    ),
)
