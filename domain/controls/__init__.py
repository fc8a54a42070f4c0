"""The control register: every control of the catalogue, what implements it, who owns it, what proves it."""

from collections.abc import Mapping

from domain.controls.account import ROWS as ACCOUNT
from domain.controls.billing import ROWS as BILLING
from domain.controls.control import Control
from domain.controls.incidents import ROWS as INCIDENTS
from domain.controls.onboarding import ROWS as ONBOARDING
from domain.controls.whole_life import ROWS as WHOLE_LIFE

PHASES = (WHOLE_LIFE, INCIDENTS, ONBOARDING, ACCOUNT, BILLING)

REGISTER: Mapping[str, Control] = {control.id: control for rows in PHASES for control in rows}
"""Every control by its id, phase by phase."""
