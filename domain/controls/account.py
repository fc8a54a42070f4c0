"""Controls over the account of a customer who is served."""

from domain.controls.control import Control

ROWS: tuple[Control, ...] = (
    Control(
        id="G4",
        says="Watches every account from its first day: each worker that starts sees to the schedules.",
        kind="recommendation",
        phase="account",
        owner="operator",
        implemented_by=("composition:start_sweep", "composition:start_digest"),
        proven_by=(
            "tests/workflows/test_two_ledgers.py::test_a_queue_belongs_to_one_ledger",
            "tests/workflows/test_daily_digest.py::test_a_schedule_is_made_once_follows_the_settings_and_leaves_one_digest",
        ),
    ),
)
