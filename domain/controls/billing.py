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
    Control(
        id="G5",
        says="Asks for prepayment at the first order and again when the risk rises.",
        kind="recommendation",
        phase="billing",
        owner="finance",
        implemented_by=("domain.rules.credit:credit", "domain.rules.credit_review:credit_review"),
        proven_by=(
            "tests/domain/test_credit.py::test_an_order_is_provisioned_once_it_is_prepaid_or_covered",
            "tests/domain/test_credit.py::test_a_person_looks_at_the_limit_again",
            "tests/domain/test_credit.py::test_two_broken_promises_are_a_reason_to_look",
        ),
    ),
    Control(
        id="S25",
        says="Asks for a deposit, waits for it, applies it to the first invoice, and gives back what is left.",
        kind="control",
        phase="billing",
        owner="finance",
        implemented_by=("domain.rules.deposits:deposits", "domain.credit.deposits:needed"),
        proven_by=(
            "tests/domain/test_credit.py::test_a_deposit_is_asked_for_waited_for_and_applied_before_anybody_is_chased",
            "tests/domain/test_credit.py::test_what_becomes_of_an_order_whose_deposit_comes_or_does_not",
            "tests/store/test_credit.py::test_a_deposit_is_a_liability_until_it_is_applied_and_the_entries_say_so",
        ),
    ),
    Control(
        id="S26",
        says="Takes no prepaid card and no stored value, and an unknown funding is no pass.",
        kind="control",
        phase="billing",
        owner="finance",
        implemented_by=("domain.onboarding.card:check_card", "domain.onboarding.card_reading:read_card"),
        proven_by=(
            "tests/domain/test_onboarding_checks.py::test_the_funding_in_the_words_of_each_processor",
            "tests/domain/test_onboarding_checks.py::test_stored_value_is_refused",
            "tests/domain/test_onboarding_checks.py::test_a_card_that_cannot_be_taken_is_refused_without_showing_it",
        ),
    ),
)
