"""Controls against fraud and misuse, and about what a vendor enforces."""

from domain.controls.control import DAILY, Control

ROWS: tuple[Control, ...] = (
    Control(
        id="S6",
        says="Gives nothing back that others suspended, whatever is paid, and says so.",
        kind="risk",
        phase="incident",
        owner="fraud desk",
        implemented_by=("domain.facts:SuspendedElsewhere", "domain.rules.reactivation:reactivation"),
        proven_by=(
            "tests/domain/test_ends.py::test_what_others_suspended_we_neither_suspend_nor_bring_back_and_say_so",
            "tests/stories/test_ends.py::test_what_others_suspended_is_theirs_to_give_back",
        ),
    ),
    Control(
        id="S10",
        says="Names each day who never paid anything and shows a further sign of not meaning to.",
        kind="risk",
        phase="incident",
        owner="finance lead",
        implemented_by=("domain.digest.intent:suspect", "store.reporting.morning:read"),
        proven_by=(
            "tests/domain/test_digest.py::test_who_may_never_have_meant_to_pay",
            "tests/store/test_digests.py::test_who_never_paid_and_cannot_be_reached_is_named",
        ),
        within=DAILY,
        noted_in="activities.digests",
        asked_in="store.reporting.morning",
    ),
    Control(
        id="S11a",
        says="Never charges a card again that is reported lost or stolen, nor any of before a chargeback.",
        kind="risk",
        phase="incident",
        owner="fraud desk",
        implemented_by=("domain.charges.declines:classify", "domain.rules.charges:charges"),
        proven_by=(
            "tests/domain/test_charges.py::test_a_decline_has_a_class",
            "tests/domain/test_charges.py::test_a_card_is_never_charged_again_after_a_hard_decline",
            "tests/domain/test_charges.py::test_after_a_chargeback_no_card_from_before_is_charged",
        ),
    ),
    Control(
        id="S11c",
        says="Knows what is open on each invoice from its entries, and takes every default up by itself.",
        kind="risk",
        phase="billing",
        owner="finance",
        implemented_by=("domain.posting:post", "domain.decide:decide", "store.sweep:due"),
        proven_by=(
            "tests/domain/test_book.py::test_the_entries_of_a_debt_sum_to_what_is_open_and_the_others_to_the_credit",
            "tests/domain/test_plan.py::test_stages",
            "tests/stories/test_one_invoice.py::test_acme_is_suspended_and_comes_back",
        ),
        within=DAILY,
        noted_in="activities.sweep",
    ),
)
