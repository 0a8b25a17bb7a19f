"""Public holidays, against known facts."""

import pytest

from sojourn.calendars import public_holidays
from sojourn.errors import UserError


def dates(country: str, subdivision: str | None = None, *years: int) -> set[str]:
    first, last = (years or (2024,))[0], (years or (2024,))[-1]
    return {holiday["date"] for holiday in public_holidays.find(country, subdivision, range(first, last + 1))}


# Germany: https://www.gesetze-im-internet.de and the holiday acts of the Länder, by hand.
GERMANY_2024 = {
    *("2024-01-01", "2024-03-29", "2024-04-01", "2024-05-01", "2024-05-09"),
    *("2024-05-20", "2024-10-03", "2024-12-25", "2024-12-26"),
}


@pytest.mark.parametrize(
    ("subdivision", "more"),
    [
        (None, set()),
        ("BE", {"2024-03-08"}),
        ("be", {"2024-03-08"}),
        ("SN", {"2024-10-31", "2024-11-20"}),
        ("NW", {"2024-05-30", "2024-11-01"}),
    ],
)
def test_germany_has_its_holidays_and_those_of_its_parts(subdivision: str | None, more: set[str]) -> None:
    assert dates("DE", subdivision) == GERMANY_2024 | more


@pytest.mark.parametrize(
    ("country", "subdivision", "day", "is_one"),
    [
        ("US", None, "2024-07-04", True),
        ("US", None, "2024-11-28", True),
        ("US", None, "2024-07-05", False),
        ("us", None, "2026-07-03", True),  # the 4th is a Saturday
        ("GB", "ENG", "2024-08-26", True),
        ("GB", "SCT", "2024-08-05", True),
        ("FR", None, "2024-07-14", True),
        ("JP", None, "2024-02-11", True),
        ("CH", "ZH", "2024-08-01", True),
    ],
)
def test_known_days(country: str, subdivision: str | None, day: str, is_one: bool) -> None:
    assert (day in dates(country, subdivision, int(day[:4]))) is is_one


def test_they_come_in_order_with_their_names_for_all_years() -> None:
    found = public_holidays.find("DE", "BE", range(2024, 2026))
    assert [holiday["date"] for holiday in found] == sorted(holiday["date"] for holiday in found)
    assert {holiday["date"][:4] for holiday in found} == {"2024", "2025"}
    assert found[0] == {"date": "2024-01-01", "name": "Neujahr"}
    assert "2025-05-08" in {holiday["date"] for holiday in found}  # once: 80 years after the war


def test_names_do_not_depend_on_the_language_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for language in ("C", "de_DE.UTF-8", "en_US.UTF-8", "th_TH.UTF-8"):
        monkeypatch.setenv("LANGUAGE", language)
        assert public_holidays.find("DE", None, range(2024, 2025))[0]["name"] == "Neujahr"
        assert public_holidays.find("US", None, range(2024, 2025))[0]["name"] == "New Year's Day"


def test_every_country_has_holidays() -> None:
    for country in public_holidays.countries():
        for holiday in public_holidays.find(country, None, range(2024, 2025)):
            assert holiday["name"]
            assert holiday["date"].startswith("2024-")


def test_a_set_is_called_after_country_and_part() -> None:
    assert public_holidays.set_name("de", "be") == "DE-BE"
    assert public_holidays.set_name("US", None) == "US"


def test_an_unknown_country_lists_those_there_are() -> None:
    with pytest.raises(UserError, match=r"^Country 'XX' is not known\. Known: AD, AE, AF, AG, .*, DE, "):
        public_holidays.find("XX", None, range(2024, 2025))


def test_an_unknown_part_lists_those_there_are() -> None:
    with pytest.raises(UserError, match=r"^DE has no part 'XX'\. It has: BB, BE, "):
        public_holidays.find("DE", "XX", range(2024, 2025))


def test_countries_are_known_with_their_parts() -> None:
    assert "BE" in public_holidays.countries()["DE"]
    assert len(public_holidays.countries()) > 150
