"""Kinds of incidents, each of one category and one class of risk.

The list is open: what nobody knows is `other`, with its own word kept beside it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.risk import RiskCategory, RiskClass

OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of incident; `words` name it for people."""

    name: str
    words: str
    category: RiskCategory
    risk: RiskClass

    @property
    def rests_dunning(self) -> bool:
        """Whether chasing rests while it is open: late money alone goes the way of collections."""
        return self.category is not RiskCategory.NON_PAYMENT


def _abuse(name: str, words: str) -> Kind:
    return Kind(name=name, words=words, category=RiskCategory.MISUSE, risk=RiskClass.ABUSE_OF_SERVICE)


def _theft(name: str, words: str, category: RiskCategory = RiskCategory.FRAUD) -> Kind:
    return Kind(name=name, words=words, category=category, risk=RiskClass.THEFT_OF_SERVICE)


KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        _abuse("spam", "spam"),
        _abuse("hacking", "hacking"),
        _abuse("ddos", "denial of service"),
        _abuse("mining", "mining of cryptocurrency"),
        _abuse("malware", "distribution of malware"),
        _abuse("pirated_resale", "resale of pirated subscriptions"),
        _theft("stolen_instrument", "a stolen payment instrument"),
        _theft("false_billing", "false billing information"),
        _theft("default", "default on what is owed", RiskCategory.NON_PAYMENT),
        _theft("account_burst", "a burst of new accounts"),
        _abuse(OTHER, "something else"),
    )
}


def kind_of(word: str) -> Kind:
    """Return the kind that a word names, in any spelling of its own; `other` for a word that nobody knows."""
    return KINDS.get(word.strip().lower().replace(" ", "_").replace("-", "_"), KINDS[OTHER])
