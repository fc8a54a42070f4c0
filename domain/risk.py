"""The words of risk: what a customer may cost us besides paying late, as closed sets."""

from enum import StrEnum


class RiskCategory(StrEnum):
    """What a matter is about: late money goes the way of collections, the other two never do."""

    NON_PAYMENT = "non_payment"
    FRAUD = "fraud"
    MISUSE = "misuse"


class RiskClass(StrEnum):
    """What a matter does to us: the service is taken without a wish to pay, or used against its rules."""

    THEFT_OF_SERVICE = "theft_of_service"
    ABUSE_OF_SERVICE = "abuse_of_service"
