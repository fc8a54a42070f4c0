"""Regions and cities as people and exports write them, read as the rules of contact law name them."""

from domain.contact_law.rules import known_region, regions_of
from domain.contact_law.whereabouts import Whereabouts


def read_region(text: str, country: str | None) -> str:
    """Return a region of a country: `MA` and `US-MA` are both US-MA.

    Raises:
        ValueError: with a sentence that says what would be right.
    """
    code = _code(text, country)
    if regions_of(code[:2]) and not known_region(code):
        raise ValueError(f"{text!r} is no region of {code[:2]}: write its code of ISO 3166-2, such as US-MA")
    return _checked(code, country)


def read_city(text: str, country: str | None) -> str:
    """Return a city by the code that rules have for it: `NYC` and `US-NYC` are both US-NYC.

    Raises:
        ValueError: with a sentence that says what would be right.
    """
    return _checked(_code(text, country), country)


def _code(text: str, country: str | None) -> str:
    code = text.strip().upper()
    return code if "-" in code or country is None else f"{country}-{code}"


def _checked(code: str, country: str | None) -> str:
    Whereabouts(places=(code,))
    if country is not None and not code.startswith(f"{country}-"):
        raise ValueError(f"{code!r} is not in {country}: correct it, or the country")
    return code
