"""In which words each message went out: template, language, version and digest, and no copy."""

from collections import Counter
from datetime import datetime

from sqlmodel import Session, SQLModel, col, select

from domain.wording import Wording
from store.database import Ledger, upsert
from store.tables import WordsRow

_WORDS = SQLModel.metadata.tables["words"]


def keep(session: Session, customer_id: str, message: str, words: Wording, *, now: datetime) -> None:
    """Keep the words of a message that went out; what was kept first stays."""
    row = WordsRow(
        message=message,
        customer_id=customer_id,
        at=now,
        channel=words.channel,
        template=words.template,
        asked=words.asked,
        language=words.language,
        version=words.version,
        sha256=words.sha256,
    )
    kept = upsert(session, _WORDS).values(row.model_dump()).on_conflict_do_nothing()
    session.connection().execute(kept)


def of(ledger: Ledger, customer_id: str) -> list[tuple[datetime, str, Wording]]:
    """Return when each message to a customer went out, its reference and its words, oldest first."""
    mine = select(WordsRow).where(WordsRow.customer_id == customer_id)
    with ledger.read() as session:
        return [
            (row.at, row.message, _wording(row))
            for row in session.exec(mine.order_by(col(WordsRow.at), WordsRow.message))
        ]


def fallen_back(session: Session, begins: datetime, ends: datetime) -> dict[str, int]:
    """Count the messages of a span of time for which there were no words, by the language asked for."""
    span = col(WordsRow.at) >= begins, col(WordsRow.at) < ends, WordsRow.asked != WordsRow.language
    others = session.exec(select(WordsRow).where(*span).order_by(WordsRow.asked))
    return dict(Counter(row.asked for row in others if _wording(row).fell_back))


def _wording(row: WordsRow) -> Wording:
    return Wording(**row.model_dump(include=set(Wording.__dataclass_fields__)))
