"""Presets: saved, found, shared, taken back. Whoever may open one sees by it what they may see themselves."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.db.models import Q, QuerySet

from sojourn.access import roles
from sojourn.calendars import store
from sojourn.errors import Refused, UserError
from sojourn.feeds.models import Default, Preset, PresetVersion, Share
from sojourn.reports import catalogue
from sojourn.reports import options as reading
from sojourn.reports.items import chosen
from sojourn.reports.menu import Entry, entry
from sojourn.reports.query import Asker
from sojourn.reports.request import Request
from sojourn.sla import rules

Options = Mapping[str, Sequence[str]]
EVERYONE = "everyone"


def request(account: User, report: str, options: Options, now: datetime) -> Request:
    """What an account asks by some options; raises Refused, naming the option and what would be right."""
    known = _entry(report)
    try:
        calendar = rules.calendar((*filter(None, options.get("calendar", ())), store.DEFAULT)[0])
    except UserError as error:
        raise Refused("calendar", str(error)) from error
    found = reading.request(options, calendar, now, known.options, Asker.of(account))
    chosen(found)  # whether there are such projects, and what the query means
    return found


def save(account: User, name: str, report: str, options: Options, now: datetime) -> Preset:
    """Save a new preset of an account; raises Refused where the name is taken, or an option is wrong."""
    kept = _checked(account, report, options, now)
    with transaction.atomic():
        preset = Preset.objects.create(
            owner=account, name=_free(account, name), report=report, options=kept, saved_at=now
        )
        _keep(preset)
    return preset


def change(preset: Preset, name: str, options: Options, now: datetime) -> Preset:
    """Save a new version of a preset; one that says the same again is none. Raises Refused as `save` does."""
    kept = _checked(preset.owner, preset.report, options, now)
    with transaction.atomic():
        preset = Preset.objects.select_for_update().select_related("owner").get(pk=preset.pk)
        if name != preset.name:
            name = _free(preset.owner, name)
        if (name, kept) != (preset.name, preset.options):
            preset.name, preset.options, preset.saved_at = name, kept, now
            preset.version += 1
            preset.save()
            _keep(preset)
    return preset


def copy(account: User, preset: Preset, now: datetime) -> Preset:
    """A preset of an account's own that says the same as one it may open."""
    taken = set(Preset.objects.filter(owner=account).values_list("name", flat=True))
    names = (f"{preset.name[:80]} (copy{f' {number}' if number > 1 else ''})" for number in range(1, len(taken) + 2))
    return save(account, next(name for name in names if name not in taken), preset.report, preset.options, now)


def share(preset: Preset, whom: Sequence[str]) -> None:
    """Let others open a preset, and nobody else: `everyone`, `user:NAME`, `group:NAME`, `role:NAME`.

    Raises Refused for others.
    """
    found = [_share(text) for text in dict.fromkeys(whom)]
    with transaction.atomic():
        preset.shares.all().delete()
        Share.objects.bulk_create(Share(preset=preset, **one) for one in found)


def shared_with(preset: Preset) -> list[str]:
    """Who else may open a preset."""
    return sorted(one.holder for one in preset.shares.select_related("user", "group"))


def listed(account: User) -> QuerySet[Preset]:
    """The presets an account may open, its own and those shared with it, by name."""
    groups = Group.objects.filter(user=account.pk).values("pk")
    shared = Q(user=account) | Q(group__in=groups) | Q(user=None, group=None, role__in=["", *_roles(account)])
    open_to = Share.objects.filter(shared).values("preset")
    return Preset.objects.select_related("owner").filter(Q(owner=account) | Q(pk__in=open_to)).order_by("name", "pk")


def find(account: User, number: int) -> Preset:
    """A preset that an account may open, by its number; raises UserError where there is none."""
    preset = listed(account).filter(pk=number).first()
    if preset is None:
        raise UserError(f"There is no preset {number} that you may open.")
    return preset


def hanging_on(preset: Preset) -> list[str]:
    """What is lost with a preset, in words."""
    people = Default.objects.filter(preset=preset).exclude(user=preset.owner).count()
    feeds = preset.feeds.filter(revoked_at=None).count()
    return [
        *(f"shared with {whom}" for whom in shared_with(preset)),
        *([f"{feeds} data feed{'' if feeds == 1 else 's'}"] if feeds else []),
        *([f"opened first by {people} other{'' if people == 1 else 's'}"] if people else []),
    ]


def make_default(account: User, preset: Preset) -> None:
    """Have its report open with a preset."""
    Default.objects.update_or_create(user=account, report=preset.report, defaults={"preset": preset})


def default(account: User, report: str) -> Preset | None:
    """The preset with which a report opens for an account, where it may still open it."""
    return listed(account).filter(pk__in=Default.objects.filter(user=account, report=report).values("preset")).first()


def is_modified(preset: Preset, options: Options) -> bool:
    """Whether options say something else than a preset."""
    saved: dict[str, list[str]] = preset.options
    return _plain(options) != saved


def _plain(options: Options) -> dict[str, list[str]]:
    return {name: list(texts) for name, texts in sorted(options.items()) if any(texts)}


def _checked(account: User, report: str, options: Options, now: datetime) -> dict[str, list[str]]:
    catalogue.run(report, request(account, report, options, now))  # what the report itself takes is checked, too
    return _plain(options)


def _entry(report: str) -> Entry:
    known = entry(report)
    if known is None:
        raise Refused("report", f"there is no report {report!r:.60}; `sojourn report --list` lists them")
    return known


def _free(account: User, name: str) -> str:
    name = name.strip()
    if not 0 < len(name) <= 100:
        raise Refused("name", "is no name; write one of up to 100 characters")
    if Preset.objects.filter(owner=account, name=name).exists():
        raise Refused("name", f"you have a preset {name!r} already; choose another name, or change that one")
    return name


def _keep(preset: Preset) -> None:
    kept = {"number": preset.version, "name": preset.name, "options": preset.options, "saved_at": preset.saved_at}
    PresetVersion.objects.create(preset=preset, **kept)


def _roles(account: User) -> list[str]:
    """The roles all of whose areas an account has: everybody is a viewer, an administrator is everything."""
    own = roles.areas(account)
    return [role for role, areas in roles.ROLES.items() if areas <= own]


def _share(text: str) -> dict[str, Any]:
    kind, _, name = text.partition(":")
    if text == EVERYONE:
        return {}
    if kind == "role" and name in roles.ROLES:
        return {"role": name}
    rows: QuerySet[Any] | None = {
        "user": get_user_model().objects.filter(username=name),
        "group": Group.objects.filter(name=name),
    }.get(kind)
    found = rows.first() if rows is not None else None
    if found is None:
        known = ", ".join(roles.ROLES)
        problem = f"{text!r:.60} is nobody; write everyone, user:NAME, group:NAME, or role:NAME of {known}"
        raise Refused("shared_with", problem)
    return {kind: found}
