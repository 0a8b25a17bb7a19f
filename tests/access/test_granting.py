"""Roles, areas, grants: what is refused, what holds, and what ends."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.utils import timezone

from sojourn.access import granting, roles, tokens
from sojourn.access.granting import Place
from sojourn.access.models import Grant
from sojourn.access.roles import AREAS
from sojourn.access.visible import visible
from sojourn.errors import Refused, UserError
from sojourn.history.models import Issue, Site
from sojourn.jira.models import Connection, Method
from sojourn.sealed import Secret
from tests.api.asking import FEED, OPERATIONS, ROOT, Ask, problem
from tests.builders import issue, store

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann(db: None) -> Any:
    return get_user_model().objects.create_user("ann")


@pytest.fixture
def sup(db: None) -> None:
    levels = [{"id": "1", "name": "Internal"}, {"id": "2", "name": "Twice"}, {"id": "3", "name": "Twice"}]
    odd = {"self": "https://example.com/level"}
    for number, level in enumerate((None, *levels, odd, "A text"), 1):
        store(issue(f"SUP-{number}", security=level))


def keys(account: Any) -> list[str]:
    return list(Issue.objects.filter(visible(account, timezone.now())).order_by("pk").values_list("key", flat=True))


def grant(who: str = "ann", lifetime: timedelta | None = None, **place: Any) -> Grant:
    return granting.grant(who, Place("Test", **place), timezone.now(), "test", lifetime)


@pytest.mark.parametrize(
    ("who", "place", "path", "hint"),
    [
        ("eve", Place("Test"), "user", "sojourn user add"),
        ("group:none", Place("Test"), "group", "there are: none yet"),
        ("ann", Place("Tset"), "site", "there are: Test"),
        ("ann", Place("Test", "SPU"), "project", "there are: SUP"),
        ("ann", Place("Test", level="Intern"), "level", "there are: A text, Internal, "),
        ("ann", Place("Test", level="Twice"), "level", "give the id of one: 2, 3"),
        ("ann", Place("Test", level="Internal", every_level=True), "level", "every level"),
        ("ann", Place("Test", whose="creator"), "whose", "reporter, assignee"),
    ],
)
def test_a_grant_of_what_is_not_there_is_refused(
    sup: None, ann: Any, who: str, place: Place, path: str, hint: str
) -> None:
    with pytest.raises(Refused, match=hint) as refused:
        granting.grant(who, place, timezone.now(), "test")
    assert refused.value.path == path
    assert not Grant.objects.exists()


def test_what_cannot_be_given_linked_or_taken_is_refused(sup: None, ann: Any) -> None:
    with pytest.raises(Refused, match=r"the roles viewer, analyst, sla-manager, administrator, the areas calendars"):
        granting.give("ann", "boss")
    with pytest.raises(Refused, match="no account of Test"):
        granting.link("ann", "Test", "nobody")
    with pytest.raises(Refused, match="up to 150"):
        granting.join("", "ann")
    for take in (lambda: granting.take("ann", "analyst"), lambda: granting.take_back(7)):
        with pytest.raises(UserError, match="sojourn access list"):
            take()


def test_nobody_sees_anything_that_was_not_granted(sup: None, ann: Any) -> None:
    assert keys(ann) == keys(AnonymousUser()) == []
    assert len(keys(None)) == 6


def test_without_a_level_means_without_any_even_one_that_cannot_be_read(sup: None, ann: Any) -> None:
    grant()
    assert keys(ann) == ["SUP-1"]
    grant(level="Internal")
    assert keys(ann) == ["SUP-1", "SUP-2"]
    grant(level="2")
    assert keys(ann) == ["SUP-1", "SUP-2", "SUP-3"]
    grant(every_level=True)
    assert keys(ann) == [f"SUP-{number}" for number in range(1, 7)]


def test_a_grant_ends_when_it_is_over_or_taken_back_or_its_user_disabled(sup: None, ann: Any) -> None:
    made = grant(lifetime=timedelta(hours=1))
    now = timezone.now()
    assert Issue.objects.filter(visible(ann, now)).count() == 1
    assert not Issue.objects.filter(visible(ann, now + timedelta(hours=1))).exists()
    ann.is_active = False
    assert keys(ann) == []
    ann.is_active = True
    granting.take_back(made.pk)
    assert keys(ann) == []


def test_members_of_a_group_have_what_it_has_until_they_leave(sup: None, ann: Any) -> None:
    granting.join("support", "ann")
    grant("group:support")
    granting.give("group:support", "analyst")
    assert (keys(ann), roles.areas(ann)) == (["SUP-1"], {"reports"})
    granting.leave("support", "ann")
    assert (keys(ann), roles.areas(ann)) == ([], frozenset())


def test_of_roles_one_holds_and_areas_are_added_to_it(ann: Any) -> None:
    granting.give("ann", "sla-manager")
    assert roles.areas(ann) == set(AREAS) - {"permissions", "administration"}
    granting.give("ann", "permissions")
    granting.give("ann", "analyst")
    assert roles.areas(ann) == {"reports", "permissions"}
    granting.take("ann", "permissions")
    granting.give("ann", "administrator")
    assert roles.areas(ann) == roles.areas(None) == set(AREAS)
    ann.is_active = False
    assert roles.areas(ann) == frozenset()


def test_an_administrator_sees_all_that_was_imported_but_not_of_a_connected_jira(sup: None, ann: Any) -> None:
    store(issue("EXT-1"), issue("EXT-2", security={"id": "1", "name": "Internal"}), site="Connected")
    site = Site.objects.get(name="Connected")
    granting.give("ann", "administrator")
    assert len(keys(ann)) == 8
    given = {"kind": "cloud", "url": "https://jira.example.com", "method": Method.API_TOKEN, "account": "a@example.com"}
    Connection.objects.create(name="ext", site=site, secret=Secret("x"), **given)
    assert len(keys(ann)) == 6
    granting.grant("ann", Place("Connected"), timezone.now(), "test")
    assert keys(ann)[-1] == "EXT-1"


AREA_OF = {"calendars": [("POST", "/calendars"), ("PUT", "/calendars/Own"), ("DELETE", "/calendars/Own")]}
AREA_OF["administration"] = [("GET", "/jobs"), ("GET", "/jobs/1")]
AREA_OF["administration"] += [("POST", "/jobs/1/cancel"), ("POST", "/jobs/1/retry")]

AREA_OF["reports"] = [("POST", "/presets"), ("PUT", "/presets/1"), ("DELETE", "/presets/1")]
AREA_OF["reports"] += [("POST", "/presets/1/duplicate"), ("POST", "/feeds")]
AREA_OF["reports"] += [("DELETE", f"/feeds/{FEED}"), ("POST", f"/feeds/{FEED}/secret")]
AREA_OF["slas"] = [("POST", "/slas"), ("DELETE", "/slas/1"), ("POST", "/slas/1/versions"), ("GET", "/slas/1/changes")]
AREA_OF["slas"] += [("POST", f"/slas/1/{act}") for act in ("clone", "enable", "disable", "versions/1/publish")]
AREA_OF["issue-actions"] = [("POST", f"/issues/ABC-1/slas/1/{what}") for what in ("resets", "extensions")]
AREA_OF["issue-actions"] += [("DELETE", "/issues/ABC-1/slas/1/resets/1")]


def test_each_address_needs_the_area_it_needs_and_no_other(client: Client, ann: Any) -> None:
    ask = Ask(client, tokens.create("ann", ["read", "write"], timezone.now(), None))
    needing = {place: area for area, places in AREA_OF.items() for place in places}
    for method, path in OPERATIONS:
        place = method, path.removeprefix(ROOT).replace("7x24", "Own")
        response = ask(method, path, b"nonsense")
        assert (response.status_code == 403) == (place in needing), place
        if place in needing:
            assert f"the permission {needing[place]}," in problem(response, 403)["detail"]
    for area, places in AREA_OF.items():
        granting.give("ann", area)
        assert all(ask(*place, b"nonsense").status_code != 403 for place in places)
        granting.take("ann", area)
    client.force_login(ann)
    problem(client.get(f"{ROOT}/jobs"), 403)
