"""When messages may go out, as a policy says it."""

from datetime import time
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from domain.calendar import SendWindow
from domain.documents import Fault, Faults, Flag
from domain.policy_fields import Hour, Part, each_once

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Window(Part):
    """When messages may go out and service may be suspended, in the customer's local time.

    Attributes:
        opens, closes: local hours; the window is open from the first until just before the second.
        weekdays: the days that have these hours.
        holidays: whether the public holidays of the customer's country are closed.
    """

    opens: Hour = time(9)
    closes: Hour = time(17)
    weekdays: Annotated[tuple[Weekday, ...], Field(min_length=1), AfterValidator(each_once)] = (
        "mon",
        "tue",
        "wed",
        "thu",
        "fri",
    )
    holidays: Flag = True

    @model_validator(mode="after")
    def _opens_before_it_closes(self) -> Self:
        if self.opens >= self.closes:
            message = f"the window opens at {self.opens:%H:%M}: let it close later, on the same day"
            raise Faults(Fault(path=("closes",), message=message))
        return self

    def send_window(self) -> SendWindow:
        """Return the hours as the calendar wants them."""
        weekdays = frozenset(_WEEKDAYS.index(day) for day in self.weekdays)
        return SendWindow(opens=self.opens, closes=self.closes, weekdays=weekdays)
