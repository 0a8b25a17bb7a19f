"""Two years of a team's and an administrator's doings, followed step by step, end where a fresh sync begins."""

import random
from typing import Any

import pytest

from sojourn.jira.simulator import changes
from sojourn.jira.simulator.site import Site
from tests.jira.syncing import synced

DAYS = 730
pytestmark = pytest.mark.django_db


class Years:
    """Chooses what happens next, by chance that is the same each time."""

    def __init__(self, site: Site, seed: int) -> None:
        self.site = site
        self.chance = random.Random(seed)
        self.renamed = 0

    def happen(self) -> str:
        rest = (self.rename, self.move, self.delete, self.protect, self.permit, self.lose_status)
        weights = (60, 20, 20, 20, 8, 8, 6, 6, 5, 3)
        [what] = self.chance.choices((self.transition, self.edit, self.comment, self.create, *rest), weights)
        what()
        return what.__name__

    def item(self) -> Any:
        return self.site.items[self.chance.choice(sorted(self.site.items))]

    def one(self, found: Any) -> Any:
        return self.chance.choice(sorted(found))

    def transition(self) -> None:
        resolution = self.chance.choice([None, {"id": "10000", "name": "Done"}])
        changes.transition(self.site, self.item().id, self.one(self.site.statuses), resolution)

    def edit(self) -> None:
        changes.edit(self.site, self.item().id, "summary", f"Summary {self.chance.random()}")
        user = self.site.users[self.one(self.site.users)]
        changes.edit(self.site, self.item().id, "assignee", self.chance.choice([user, None]))

    def comment(self) -> None:
        changes.comment(self.site, self.item().id, "A word", self.one(self.site.users))

    def create(self) -> None:
        like = self.item().fields
        kept = {name: like[name] for name in ("project", "status", "issuetype", "priority", "assignee")}
        changes.create(self.site, {"fields": {**kept, "summary": "New"}})

    def rename(self) -> None:
        self.renamed += 1
        changes.rename_status(self.site, self.one(self.site.statuses), f"Name {self.renamed}")

    def move(self) -> None:
        changes.move(self.site, self.item().id, self.one(self.site.projects), self.one(self.site.statuses))

    def delete(self) -> None:
        changes.delete(self.site, self.item().id)

    def protect(self) -> None:
        changes.protect(self.site, self.item().id, self.chance.choice(["1", "2", ""]))

    def permit(self) -> None:
        projects = self.chance.choice([None, sorted(self.site.projects)[1:]])
        changes.allow(self.site, 0, projects, self.chance.choice([None, ["1"], []]))

    def lose_status(self) -> None:
        lost = self.one(self.site.statuses)
        if len(self.site.statuses) > 8:
            changes.delete_status(self.site, lost, self.one(self.site.statuses.keys() - {lost}))


@pytest.mark.parametrize("face", ["cloud", "datacenter"])
def test_two_years_kept_in_step_equal_a_fresh_sync(face: str, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    with synced(monkeypatch, settings, face, 120) as played:
        years = Years(played.simulator.site, seed=1)
        happened: dict[str, int] = {}
        played.sync()
        day = 0.0
        while day < DAYS:
            for _ in range(years.chance.randrange(20)):
                played.pass_by(seconds=years.chance.randrange(40_000))
                what = years.happen()
                happened[what] = happened.get(what, 0) + 1
            wait = years.chance.choice([0.01, 0.5, 3, 9, 30])
            played.pass_by(days=wait)
            day += wait + 1
            played.simulator.site.lag_s = years.chance.choice([0, 0, 30, 300])
            assert played.sync().state == "finished"
        played.pass_by(days=1)
        played.simulator.site.lag_s = 0
        played.sync()
        assert played.there() == played.seen()
        assert min(happened.values()) > 0
        assert len(happened) == 10
        kept, fresh = played.dump(), played.fresh()
        assert [line for line in kept if line not in fresh] == []
        assert kept == fresh


def test_the_comparison_sees_one_missed_change(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """Else the test above could not fail."""
    with synced(monkeypatch, settings, "cloud", 40) as played:
        played.sync()
        changes.transition(played.simulator.site, "10001", "10002")
        assert played.dump() != played.fresh()
