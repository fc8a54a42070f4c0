"""What every test run needs before anything else: the pinned time zones, and the same cases each time."""

from hypothesis import settings

from domain.calendar import use_pinned_zones

use_pinned_zones()

# Derandomised, so that a run fails for the change under test only; a slow machine is no failure.
settings.register_profile("ci", derandomize=True, deadline=None)
settings.load_profile("ci")
