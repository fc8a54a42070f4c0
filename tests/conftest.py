"""What every test run needs before anything else: the pinned time zones, and the same cases each time."""

import pytest
from hypothesis import settings

from domain.calendar import use_pinned_zones
from tests.effort import examples

use_pinned_zones()

# Derandomised, so that a run fails for the change under test only; a slow machine is no failure.
settings.register_profile("ci", derandomize=True, deadline=None, max_examples=examples(100))
settings.load_profile("ci")


# Before tests are chosen by their marks.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what `make test-all` tries with more examples."""
    for item in items:
        if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
            item.add_marker(pytest.mark.property)
