"""Public holidays of a country or one of its parts, from the `holidays` package."""

from typing import Any

import holidays as package

from sojourn.errors import UserError


def countries() -> dict[str, list[str]]:
    """Country codes, ISO 3166-1 alpha-2, with the codes of their subdivisions."""
    return package.list_supported_countries(include_aliases=False)


def set_name(country: str, subdivision: str | None) -> str:
    """The name of the set: `DE`, `DE-BE`."""
    return f"{country.upper()}-{subdivision.upper()}" if subdivision else country.upper()


def find(country: str, subdivision: str | None, years: range) -> list[dict[str, Any]]:
    """The public holidays of those years in order of date, in the form of a calendar's `holidays`.

    Their names are in the country's language, whatever the language of this machine. Raises UserError where the
    country or subdivision is not known, naming those that are.
    """
    known = countries()
    if country.upper() not in known:
        raise UserError(f"Country {country!r} is not known. Known: {', '.join(sorted(known))}.")
    parts = known[country.upper()]
    if subdivision and subdivision.upper() not in {part.upper() for part in parts}:
        raise UserError(f"{country.upper()} has no part {subdivision!r}. It has: {', '.join(parts) or 'none'}.")
    part = next((part for part in parts if subdivision and part.upper() == subdivision.upper()), None)
    language = package.country_holidays(country.upper(), subdiv=part).default_language
    found = package.country_holidays(country.upper(), subdiv=part, years=years, language=language)
    return [{"date": day.isoformat(), "name": name} for day, name in sorted(found.items())]
