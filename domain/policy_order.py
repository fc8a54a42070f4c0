"""What the steps of a policy must say about each other: their order, and the warnings that they build on."""

from collections.abc import Iterator, Mapping

from domain.documents import Fault
from domain.policy_steps import (
    NoticeStep,
    Step,
    SuspendStep,
    Switching,
    TaskStep,
    TerminateStep,
    earliest_day,
    presses,
)
from domain.spelling import closest


def comparable(one: Step, other: Step) -> bool:
    """Whether the offsets of two steps say which comes first."""
    return one.anchor == other.anchor != "previous_delivered"


def wrong_order(steps: tuple[Step, ...]) -> Iterator[Fault]:
    """Find steps that are not written mildest first."""
    earlier: list[Step] = []
    for i, step in enumerate(steps):
        yield from _wrong_anchor(i, step, earlier)
        if isinstance(step, TaskStep):
            continue
        before = next((each for each in reversed(earlier) if comparable(each, step)), None)
        if isinstance(step, TerminateStep) and not any(isinstance(each, SuspendStep) for each in earlier):
            message = f"step {step.id!r} ends what nobody suspends: write a suspend step before it"
            yield Fault(path=(i, "kind"), message=message)
        fault = _wrong_place(i, step, earlier, steps)
        if fault is not None:
            yield fault
        elif before is not None and step.offset_days <= before.offset_days:
            message = (
                f"step {step.id!r} (day {step.offset_days}) must come after "
                f"{before.id!r} (day {before.offset_days}): write steps mildest first, one a day"
            )
            yield Fault(path=(i, "offset_days"), message=message)
        earlier.append(step)


# What ends chasing, mildest first: those of one number in any order.
_GRAVITY: Mapping[str, int] = {"restrict": 1, "suspend": 2, "hand_over": 3, "terminate": 3, "write_off": 4}
_DOES = {
    "restrict": "restricts",
    "suspend": "suspends",
    "hand_over": "hands over",
    "terminate": "terminates",
    "write_off": "proposes to write off",
}


def _wrong_place(i: int, step: Step, earlier: list[Step], steps: tuple[Step, ...]) -> Fault | None:
    """Find a step of a kind that there is already, or that stands after a graver one."""
    graver = [each for each in earlier if _GRAVITY.get(each.kind, 0) > _GRAVITY.get(step.kind, 0)]
    if step.kind in _GRAVITY and any(each.kind == step.kind for each in earlier):
        message = f"a policy {_DOES[step.kind]} once: keep one {step.kind} step"
        return Fault(path=(i, "kind"), message=message)
    if isinstance(step, NoticeStep):
        # Past the suspension only warnings of the end have a use; past a restriction every notice has.
        needed = {need for each in steps if isinstance(each, TerminateStep) for need in each.needs_delivered}
        graver = [each for each in graver if each.kind != "restrict"]
        if step.id in needed and all(each.kind in ("suspend", "hand_over") for each in graver):
            graver = []
    if not graver:
        return None
    comes_last = graver[0]
    rest = "comes last" if isinstance(comes_last, SuspendStep) else "is graver"
    message = f"the {comes_last.kind} step {rest}: write {step.kind} {step.id!r} before {comes_last.id!r}"
    return Fault(path=(i, "id"), message=message)


def _wrong_anchor(i: int, step: Step, earlier: list[Step]) -> Iterator[Fault]:
    if step.anchor == "due_date":
        return
    if step.offset_days < 0:
        message = f"only the due date has days before it: step {step.id!r} needs 0 or more, or no `anchor`"
        yield Fault(path=(i, "offset_days"), message=message)
    if step.anchor != "previous_delivered":
        return
    if not any(isinstance(each, NoticeStep) and presses(each) for each in earlier):
        message = f"step {step.id!r} follows no notice after the due date: write one before it"
        yield Fault(path=(i, "anchor"), message=message)
    if step.offset_days == 0:
        message = f"step {step.id!r} would follow on the day of the notice before: write 1 or more"
        yield Fault(path=(i, "offset_days"), message=message)


def wrong_needs(steps: tuple[Step, ...]) -> Iterator[Fault]:
    """Find warnings that are no notices, or come too late to warn."""
    notices = {step.id: (i, step) for i, step in enumerate(steps) if isinstance(step, NoticeStep)}
    for i, step in enumerate(steps):
        for j, need in enumerate(step.needs_delivered):
            path = (i, "needs_delivered", j)
            if need not in notices:
                message = f"step {step.id!r} needs {need!r}, which is no notice of this policy"
                yield Fault(path=path, message=message, suggestion=closest(need, notices))
                continue
            place, notice = notices[need]
            earlier = notice.offset_days < step.offset_days if comparable(notice, step) else place < i
            if not earlier:
                message = f"step {step.id!r} needs {need!r}, which comes no earlier: name an earlier notice"
                yield Fault(path=path, message=message)
            elif isinstance(step, Switching) and earliest_day(notice) <= 0:
                message = f"warning {need!r} comes before the debt is late: name a notice after the due date"
                yield Fault(path=path, message=message)
