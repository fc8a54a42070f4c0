"""A message as it was begun: its claim with the account as the ledger knew it at that instant.

No copy of a message is kept. What it was made of is, so it can be made again, and the digest of its words
says whether the one made now is the one that went out.
"""

from dataclasses import replace

from sqlmodel import col, select

from domain.decide import decide
from store import customers, facts, policies
from store.claims import Begun
from store.database import Ledger
from store.tables import ClaimRow


def begun_then(ledger: Ledger, customer_id: str, message: str) -> Begun | None:
    """Return a message as it was begun; None where the ledger of then would not want it today.

    That may be since a fact or a rule of the code has changed, or the claim was taken over by a later
    message. Names, language and time zone are those of today.

    Raises:
        UnknownCustomer: there is none of this id.
    """
    with ledger.read() as session:
        row = customers.get(session, customer_id)
        mine = select(ClaimRow).where(ClaimRow.customer_id == customer_id, ClaimRow.message == message)
        claim = session.exec(mine.order_by(col(ClaimRow.position)).limit(1)).first()
        if claim is None:
            return None
        policy, then = policies.get(session, claim.policy_version), claim.claimed_at
        known = [fact for fact in facts.read(session, row.id) if fact.learned_at <= then]
        account = facts.account_of(session, row, known, allocation=policy.allocation)
        before = tuple(each for each in account.claims if each.claimed_at < then)
        account = replace(account, claims=before)
        wanted = f"{claim.step}/{claim.channel}"
        effects = decide(policy, account, then).effects
        effect = next((each for each in effects if each.key == wanted), None)
        if effect is None:
            return None
        return Begun(
            message=message,
            effect=effect,
            account=account,
            policy=policy,
            contact=customers.contact(session, row.id),
            customer=account.customer,
            settle=False,
            attempt=claim.attempt,
            trying=False,
            claimed_at=then,
            now=then,
        )
