"""Controls before a new customer is served."""

from domain.controls.control import Control

ROWS: tuple[Control, ...] = (
    Control(
        id="S11b",
        says="Checks tax number, address, telephone and email of a new customer by the rules of its country.",
        kind="risk",
        phase="onboarding",
        owner="onboarding desk",
        implemented_by=("domain.identifiers:check_identifiers", "activities.onboarding:Onboarding"),
        proven_by=(
            "tests/domain/test_identifiers.py::test_what_is_right_passes",
            "tests/domain/test_identifiers.py::test_what_is_not_right_is_found",
            "tests/stories/test_onboarding.py::test_a_wrong_vat_id_goes_to_a_person_who_rejects_and_no_code_is_paid_for",
        ),
    ),
    Control(
        id="G3",
        says="Verifies each new customer to an end before the first order: approved, prepaid, or rejected.",
        kind="recommendation",
        phase="onboarding",
        owner="onboarding desk",
        implemented_by=(
            "workflows.onboarding_verification:OnboardingVerification",
            "domain.rules.admission:admission",
        ),
        proven_by=(
            "tests/stories/test_onboarding.py::test_a_customer_enters_the_code_and_is_approved",
            "tests/stories/test_onboarding.py::test_nobody_answers_three_codes_and_a_person_approves_with_prepayment",
            "tests/domain/test_onboarding.py::test_a_verification_that_nobody_answers_comes_to_a_person",
        ),
    ),
    Control(
        id="S14",
        says="Has somebody call, as a step of the ladder, and keeps whether anybody was reached.",
        kind="recommendation",
        phase="onboarding",
        owner="account owner",
        implemented_by=("domain.rules.tasks:tasks", "domain.facts:TaskCompleted", "policies/business.yaml"),
        proven_by=(
            "tests/domain/test_commands.py::test_a_completed_call_says_whether_somebody_was_reached",
            "tests/domain/test_plan.py::test_the_whole_ladder_and_back",
            "tests/domain/test_plan.py::test_nobody_calls_a_customer_whose_debt_rests",
        ),
    ),
    Control(
        id="S16",
        says="Lets nobody in who does not answer a code by SMS: tries, sends and its life are bounded.",
        kind="control",
        phase="onboarding",
        owner="onboarding desk",
        implemented_by=("activities.onboarding:Onboarding", "store.verifications:enter"),
        proven_by=(
            "tests/stories/test_onboarding.py::test_a_customer_enters_the_code_and_is_approved",
            "tests/store/test_verifications.py::test_a_code_is_right_until_it_expires",
            "tests/store/test_verifications.py::test_no_code_is_kept_in_clear",
            "tests/providers/test_twilio_verify.py::test_a_right_code_is_approved_and_a_wrong_one_is_not",
        ),
    ),
    Control(
        id="S19a",
        says="Writes the collections policy for customers from the same object that drives the timers.",
        kind="control",
        phase="onboarding",
        owner="finance lead",
        implemented_by=("domain.policy_document:PolicyDocument", "templates/shared/policy.j2"),
        proven_by=(
            "tests/activities/test_policy_document.py::test_what_the_policy_says_otherwise_the_customer_reads_otherwise",
            "tests/activities/test_policy_document.py::test_it_names_the_version_that_a_customer_accepts",
            "tests/activities/test_languages.py::test_the_policy_has_the_same_figures_in_every_language",
        ),
    ),
    Control(
        id="S19b",
        says="Says in each letter what is owed, what comes when, how to pay and to contest; suspends nobody untold.",
        kind="control",
        phase="onboarding",
        owner="finance",
        implemented_by=(
            "activities.template_lint:lint",
            "templates/shared/letter.j2",
            "domain.rules.suspension:suspension",
        ),
        proven_by=(
            "tests/activities/test_required_statements.py::test_a_statement_that_goes_missing_is_named_for_each_letter",
            "tests/activities/test_languages.py::test_nothing_is_wrong_with_the_words_that_ship",
            "tests/activities/test_rendering.py::test_the_final_notice_announces_the_day_of_the_suspension",
            "tests/domain/test_suspension.py::test_nobody_is_suspended_before_the_announced_day",
            "tests/stories/test_reaching.py::test_nobody_is_suspended_without_a_warning_that_arrived",
        ),
    ),
    Control(
        id="S19c",
        says="Restricts or suspends a service by one writer, with approval, proof and a way back.",
        kind="control",
        phase="onboarding",
        owner="finance",
        implemented_by=(
            "workflows.subscription_suspension:SubscriptionSuspension",
            "activities.service:Service",
            "domain.rules.restriction:restriction",
        ),
        proven_by=(
            "tests/stories/test_one_invoice.py::test_acme_is_suspended_and_comes_back",
            "tests/stories/test_finance.py::test_a_large_debt_needs_approval",
            "tests/stories/test_ends.py::test_a_restriction_comes_back_with_the_money",
            "tests/domain/test_suspension.py::test_approval_from_an_amount",
        ),
        noted_in="store.claims",
    ),
)
