"""The commands about definitions of SLAs."""

import io
import json
from pathlib import Path

import pytest

from sojourn.cli.yaml_text import read_yaml, yaml_text
from sojourn.errors import UserError
from sojourn.sla import definitions
from sojourn.sla.definitions import By
from sojourn.sla.models import Change
from tests.cli.running import Sojourn
from tests.sla.conftest import world
from tests.sla.help import MON, draft, policy

__all__ = ["world"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("world")]


@pytest.fixture
def number(world: None) -> int:
    return definitions.create(draft(), By("ann", MON)).definition_id


def test_a_definition_is_listed_shown_published_and_removed(sojourn: Sojourn, number: int) -> None:
    assert sojourn("sla", "list").out == f"{number}\tResolution\tall sites\tdraft\n"
    assert json.loads(sojourn("sla", "show", number).out) == policy()
    assert json.loads(sojourn("sla", "show", number, "--json").out)["saved_by"] == "ann"
    published = sojourn("sla", "publish", number, "--reason", "agreed", "--yes")
    assert published.code == 0, published.err
    definitions.save(number, draft("Renamed"), By("ann", MON))
    again = sojourn("sla", "publish", number, "--applies-to", "all", "--yes")
    assert "name: 'Resolution' → 'Renamed'" in again.err
    assert json.loads(sojourn("sla", "list", "--json").out)[0]["published"] == 2
    assert json.loads(sojourn("sla", "show", number, "--version", "1", "--json").out)["name"] == "Resolution"
    assert sojourn("sla", "remove", number, "--yes").code == 0
    assert sojourn("sla", "list").out == ""
    log = Change.objects.filter(who="the operator").order_by("pk")
    assert [(one.what, one.reason) for one in log] == [("published", "agreed"), ("published", ""), ("removed", "")]


def test_what_is_wrong_ends_with_2(sojourn: Sojourn, number: int) -> None:
    for words, said in (
        (("show", 99), "There is no SLA 99"),
        (("show", number, "--version", 7), "has no version 7; the last one is 1"),
        (("publish", number, "--applies-to", "some", "--yes"), "new, open or all, not 'some'"),
        (("import", "/nowhere.yaml"), "cannot be read: No such file"),
    ):
        run = sojourn("sla", *words)
        assert (run.code, said in run.err) == (2, True), run.err


def test_without_a_yes_nothing_is_done(
    sojourn: Sojourn, number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert sojourn("sla", "publish", number).code == 1
    assert sojourn("sla", "remove", number).code == 1
    file = tmp_path / "slas.yaml"
    file.write_text(yaml_text({"slas": [{"name": "Other", "policy": policy()}]}))
    asked = sojourn("sla", "import", file)
    assert (asked.code, "SLA Other: is new" in asked.err) == (1, True)
    assert [(one.name, one.published) for one in definitions.listed()] == [("Resolution", None)]


def test_what_is_exported_is_imported_and_a_second_time_changes_nothing(
    sojourn: Sojourn, number: int, tmp_path: Path
) -> None:
    sojourn("sla", "publish", number, "--yes")
    file = tmp_path / "slas.yaml"
    file.write_text(sojourn("sla", "export").out)
    assert "Nothing differs" in sojourn("sla", "import", file).err
    file.write_text(file.read_text().replace("4h", "8h").replace("Resolution", "Résolution"))
    done = sojourn("sla", "import", file, "--yes", "--applies-to", "new", "--reason", "reviewed")
    assert (done.code, "SLA Résolution: is new" in done.err) == (0, True), done.err
    assert "Nothing differs" in sojourn("sla", "import", file, "--yes").err
    made = definitions.listed().get(name="Résolution")
    assert made.published is not None
    assert (made.published.applies_to, made.published.reason) == ("new", "reviewed")


def test_a_refused_file_changes_nothing(sojourn: Sojourn, tmp_path: Path) -> None:
    file = tmp_path / "slas.yaml"
    for text, said in (
        ("slas: [", "cannot be read as YAML"),
        ("\x00", "cannot be read as YAML"),
        ("slas: [{name: A}]", "slas[0]: needs a policy"),
        (yaml_text({"slas": [{"name": "A", "policy": policy(scope="colour = red")}]}), "the field 'colour'"),
    ):
        file.write_text(text)
        run = sojourn("sla", "import", file, "--yes")
        assert (run.code, said in run.err) == (2, True), run.err
    assert not definitions.listed()


def test_yaml_means_what_json_does() -> None:
    text = b"a: 09:00\nb: 2024-05-01\nc: yes\nd: true\ne: ~\nf: 12\ng: -1.5\nh: '12'\ni:\nj: 010\n"
    assert read_yaml(text, "f") == {
        "a": "09:00",
        "b": "2024-05-01",
        "c": "yes",
        "d": True,
        "e": None,
        "f": 12,
        "g": -1.5,
        "h": "12",
        "i": None,
        "j": "010",
    }
    value = {"b": ["09:00", "2024-05-01", "yes", "true", "", None, 1, 1.5, True, "é", "1_0", "0x1", "~", "null", "1e3"]}
    assert read_yaml(yaml_text(value).encode(), "f") == value
    with pytest.raises(UserError, match="f: cannot be read as YAML"):
        read_yaml(b"!!python/object:os.system {}", "f")
