"""What changes from one policy to another, in words: steps added, removed and moved, thresholds raised."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any, Literal

from pydantic import BaseModel

from domain.policy import Policy
from domain.policy_fields import amount_in
from domain.policy_steps import ANCHORS, Step

ChangeKind = Literal["added", "removed", "moved", "raised", "lowered", "changed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyChange:
    """One difference of two policies.

    Attributes:
        key: where it stands in the file, with steps by their ids: `steps.final_notice.offset_days`.
    """

    kind: ChangeKind
    key: str
    words: str

    def __str__(self) -> str:
        return f"{self.key}: {self.words}"

    def json(self) -> dict[str, str]:
        """Return it as JSON values."""
        return asdict(self)


def compare(before: Policy, after: Policy) -> tuple[PolicyChange, ...]:
    """Return all that `after` says otherwise, in the order of the file; nothing for equal versions."""
    return (
        *_part("", before, after, leave_out={"audience", "steps", "back"}),
        *_part("for.", before.audience, after.audience),
        *_steps(before, after),
        *_part("return.", before.back, after.back),
    )


def _steps(before: Policy, after: Policy) -> Iterator[PolicyChange]:
    old, new = ({step.id: step for step in policy.steps} for policy in (before, after))
    for step in after.steps:
        key = f"steps.{step.id}"
        was = old.get(step.id)
        if was is None:
            yield PolicyChange(kind="added", key=key, words=f"a new {_step_words(step)}")
        elif was.kind != step.kind:
            words = f"a {_step_words(step)}, no longer a {_step_words(was)}"
            yield PolicyChange(kind="changed", key=key, words=words)
        else:
            yield from _step(key, was, step)
    for step in before.steps:
        if step.id not in new:
            words = f"no longer a {_step_words(step)}"
            yield PolicyChange(kind="removed", key=f"steps.{step.id}", words=words)


_KINDS = {
    "notice": "message",
    "task": "task",
    "restrict": "restriction",
    "suspend": "suspension",
    "terminate": "termination",
    "hand_over": "hand-over",
    "write_off": "write-off proposal",
}


def _step_words(step: Step) -> str:
    channels = getattr(step, "channels", ())
    by = f" by {', '.join(channels)}" if step.kind == "notice" else ""
    return f"{_KINDS[step.kind]} on day {_day(step)}{by}"


def _day(step: Step) -> str:
    anchored = "" if step.anchor == "due_date" else f" from {ANCHORS[step.anchor]}"
    return f"{step.offset_days:+}{anchored}"


def _step(key: str, before: Step, after: Step) -> Iterator[PolicyChange]:
    if before.anchor != after.anchor:
        words = f"moves from day {_day(before)} to day {_day(after)}"
        yield PolicyChange(kind="moved", key=key, words=words)
    elif (days := after.offset_days - before.offset_days) != 0:
        count = f"{abs(days)} day{'' if abs(days) == 1 else 's'} {'later' if days > 0 else 'earlier'}"
        words = f"moves from day {_day(before)} to day {_day(after)}, {count}"
        yield PolicyChange(kind="moved", key=key, words=words)
    yield from _part(f"{key}.", before, after, leave_out={"anchor", "offset_days", "when"})
    yield from _part(f"{key}.when.", before.when, after.when)


def _part(
    prefix: str, before: BaseModel, after: BaseModel, *, leave_out: set[str] | None = None
) -> Iterator[PolicyChange]:
    """Compare two parts of one kind, key by key, as the file names them."""
    for name, info in type(after).model_fields.items():
        old, new = getattr(before, name), getattr(after, name)
        if old == new or name in (leave_out or ()):
            continue
        key = f"{prefix}{info.alias or name}"
        if isinstance(old, BaseModel) and isinstance(new, BaseModel):
            yield from _part(f"{key}.", old, new)
        elif isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from _tables(key, old, new)
        elif isinstance(old, int) and isinstance(new, int) and not isinstance(new, bool):
            kind: ChangeKind = "raised" if new > old else "lowered"
            yield PolicyChange(kind=kind, key=key, words=f"{kind} from {old} to {new}")
        else:
            yield PolicyChange(kind="changed", key=key, words=_values(name, old, new))


def _tables(key: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[PolicyChange]:
    """Compare amounts per currency, or such tables per step."""
    if not any(isinstance(each, Mapping) for each in (*before.values(), *after.values())):
        yield from _amounts(key, before, after)
        return
    for step in dict.fromkeys([*before, *after]):
        yield from _amounts(f"{key}.{step}", before.get(step, {}), after.get(step, {}))


def _amounts(key: str, before: Mapping[str, Decimal], after: Mapping[str, Decimal]) -> Iterator[PolicyChange]:
    for currency in dict.fromkeys([*before, *after]):
        old, new = amount_in(dict(before), currency), amount_in(dict(after), currency)
        at = f"{key}.{currency}"
        if old is None:
            yield PolicyChange(kind="added", key=at, words=f"{new}, where there was none")
        elif new is None:
            yield PolicyChange(kind="removed", key=at, words=f"none, where it was {old}")
        elif old != new:
            kind: ChangeKind = "raised" if new > old else "lowered"
            yield PolicyChange(kind=kind, key=at, words=f"{kind} from {old} to {new}")


def _values(name: str, before: Any, after: Any) -> str:
    """Say how a value changed; of a list in which order means nothing, what came and what went."""
    ordered = name == "channels"
    if isinstance(before, tuple) and isinstance(after, tuple) and not ordered:
        came = [each for each in after if each not in before]
        went = [each for each in before if each not in after]
        parts = [f"also {', '.join(came)}"] if came else []
        parts += [f"no longer {', '.join(went)}"] if went else []
        if parts:
            return "; ".join(parts)
    return f"{_text(after)}, and was {_text(before)}"


def _text(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case None:
            return "none"
        case tuple():
            return ", ".join(map(str, value)) or "none"
        case _ if hasattr(value, "isoformat"):
            return str(value.isoformat(timespec="minutes"))
        case _:
            return str(value)
