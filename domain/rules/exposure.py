"""The use of a limit: noted when it comes to another level, told, and at 100 percent new orders are blocked.

Each level is told once a crossing. Existing service is never touched by it.
"""

from datetime import timedelta

from domain.credit.exposure import FORMULA, PARTS, Exposure
from domain.credit.state import ENGINE, Block, Noted
from domain.credit.subjects import about_limit
from domain.effects import EffectDebt, Wanted
from domain.facts import ExposureNoted, OrdersBlocked, OrdersUnblocked
from domain.own_steps import BLOCK_ORDERS, CREDIT_LEVEL, NOTE_EXPOSURE, UNBLOCK_ORDERS
from domain.policy_credit import FULL
from domain.reasons import because
from domain.rules.telling import book, tell
from domain.situation import Situation


def exposure(at: Situation) -> Wanted:
    """Return what is to be noted, told or turned because of how much of a limit is used."""
    wanted, credit = Wanted(), at.account.credit
    if not credit.grants and not credit.noted:
        return wanted
    for used in at.exposures.values():
        if used.limit is None:
            continue
        noted = credit.noted.get(used.currency)
        level = used.level(at.policy.credit.levels, noted.level if noted else 0, at.policy.credit.again_below)
        if level != (noted.level if noted else 0):
            _note(at, used, level, noted, wanted)
        elif noted is not None and noted.rose:
            _told(at, used, noted, wanted)
    _unblock(at, wanted)
    return wanted


def _about(used: Exposure, times: int) -> EffectDebt:
    return about_limit(used.currency, times, used.total)


def _note(at: Situation, used: Exposure, level: int, noted: Noted | None, wanted: Wanted) -> None:
    times = noted.times + 1 if noted else 1
    assert used.limit is not None
    amounts = {name: getattr(used, name).amount for name in PARTS}
    body = ExposureNoted(
        currency=used.currency, level=level, limit=used.limit.amount, formula=FORMULA, **amounts
    )
    if level > (noted.level if noted else 0):
        reason = because(
            "exposure.reached", percent=used.percent, limit=used.limit, used=used.total, level=level
        )
    else:
        reason = because(
            "exposure.left", percent=used.percent, limit=used.limit, used=used.total, level=level
        )
    book(at, wanted, step=NOTE_EXPOSURE, about=_about(used, times), body=body, reason=reason)


def _told(at: Situation, used: Exposure, noted: Noted, wanted: Wanted) -> None:
    """Tell the customer of the level that was noted last; at 100 percent block when its hours are over."""
    terms, about = at.policy.credit, _about(used, noted.times)
    full = noted.level >= FULL
    tell(
        at,
        wanted,
        step=f"{CREDIT_LEVEL}{noted.level}",
        about=about,
        template=terms.full if full else terms.near,
        channels=terms.channels,
        reason=because("exposure.tell", limit=used.limit, used=used.total, level=noted.level),
    )
    if full:
        _block(at, used, noted, wanted)


def _block(at: Situation, used: Exposure, noted: Noted, wanted: Wanted) -> None:
    """Block new orders so many hours after the notice went out; where none could, after it was noted."""
    about = _about(used, noted.times)
    if any(block.ours for block in at.account.credit.blocks):
        return
    said = at.account.begun.get((about.key, about.opening, f"{CREDIT_LEVEL}{noted.level}"), ())
    told_at = max((claim.claimed_at for claim in said if claim.stands), default=None)
    reachable = any(at.account.reach.get(each) == "ok" for each in at.policy.credit.channels)
    if told_at is None and reachable:
        return
    blocks_at = (told_at or noted.at) + timedelta(hours=at.policy.credit.block_hours)
    if at.now < blocks_at:
        wanted.later.append(blocks_at)
        return
    body = OrdersBlocked(reason=f"{used.total} of the limit of {used.limit} are used", by=ENGINE)
    reason = because("exposure.block", percent=used.percent, limit=used.limit, used=used.total)
    book(at, wanted, step=BLOCK_ORDERS, about=about, body=body, reason=reason)


def _unblock(at: Situation, wanted: Wanted) -> None:
    """End our own block as soon as no limit is used up any more; those of people and incidents stay."""
    block = next((each for each in at.account.credit.blocks if each.ours), None)
    if block is None or any(used.reaches(FULL) for used in at.exposures.values()):
        return
    reason = because("exposure.unblock", on=at.calendar.local_date(block.at))
    body = OrdersUnblocked(reason="the limit is not used up any more", by=ENGINE)
    about = _about_block(at, block)
    book(at, wanted, step=UNBLOCK_ORDERS, about=about, body=body, reason=reason)


def _about_block(at: Situation, block: Block) -> EffectDebt:
    """Count a block by how often its limit was noted: each crossing of 100 percent has one at most."""
    blocks = [
        claim
        for claim in at.account.claims
        if claim.step == BLOCK_ORDERS and claim.stands and claim.claimed_at <= block.at
    ]
    return about_limit("orders", max(1, len(blocks)), at.nothing)
