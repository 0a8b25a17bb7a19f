"""Settings: each has a meaning and a default, a wrong value is refused by name, secrets may stand in files."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as trials
from hypothesis import strategies as st

from sojourn import configuration, home, settings
from sojourn.configuration import SETTINGS, Setting
from sojourn.errors import Refused

NAMES = [setting.name for setting in SETTINGS]


@pytest.mark.parametrize("setting", SETTINGS, ids=NAMES)
def test_every_setting_says_what_it_means_and_has_a_default_that_works(setting: Setting) -> None:
    assert setting.meaning.endswith("."), setting.name
    assert len(setting.meaning) > 15, setting.name
    setting.read(setting.default)


def test_no_setting_is_listed_twice() -> None:
    assert len(set(NAMES)) == len(NAMES)


def test_an_empty_environment_gives_the_defaults() -> None:
    found = configuration.read({})
    assert list(found) == NAMES
    assert found["SOJOURN_ALLOWED_HOSTS"] == ("127.0.0.1", "localhost", "[::1]")
    assert (found["DATABASE_URL"], found["SECRET_KEY"], found["SOJOURN_KEEP_TEXTS"]) == ("", "", False)
    assert isinstance(found["SOJOURN_HOME"], Path)
    assert found["SOJOURN_HOME"].name == "sojourn"


def test_an_empty_variable_is_as_good_as_none() -> None:
    assert configuration.read(dict.fromkeys(NAMES, "")) == configuration.read({})
    assert configuration.read({f"{name}_FILE": "" for name in NAMES}) == configuration.read({})


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("SOJOURN_HOME", "/tmp/x", Path("/tmp/x")),
        ("SOJOURN_HOME", "~/x", Path.home() / "x"),
        ("SOJOURN_HOME", "x", Path.cwd() / "x"),
        ("DATABASE_URL", "postgresql://u:p@h:5432/name", "postgresql://u:p@h:5432/name"),
        ("DATABASE_URL", "sqlite:////tmp/x.db", "sqlite:////tmp/x.db"),
        ("SOJOURN_ALLOWED_HOSTS", "a.example, b.example,", ("a.example", "b.example")),
        ("SOJOURN_TRUSTED_ORIGINS", "https://a.example:8443", ("https://a.example:8443",)),
        ("SOJOURN_CUSTOM_FIELDS", "customfield_1, customfield_22", ("customfield_1", "customfield_22")),
        ("SOJOURN_KEEP_TEXTS", "True", True),
        ("SOJOURN_OIDC_ISSUER", "https://login.example.com/realms/acme/", "https://login.example.com/realms/acme"),
        ("SOJOURN_OIDC_ISSUER", "http://127.0.0.1:9000", "http://127.0.0.1:9000"),
        ("SOJOURN_TEXT_LANGUAGE", "german", "german"),
        ("SOJOURN_LOG_LEVEL", "DEBUG", "DEBUG"),
        ("SOJOURN_JIRA_PROXY", "http://u:p@proxy.example:3128", "http://u:p@proxy.example:3128"),
        ("SOJOURN_JIRA_AUTHORITIES", __file__, Path(__file__)),
        ("SOJOURN_ALLOW_PRIVATE", "10.0.0.0/8, 10.0.0.1:8080,", (("10.0.0.0/8", None), ("10.0.0.1", 8080))),
        ("SOJOURN_ALLOW_PRIVATE", "a.example:8443,a_b", (("a.example", 8443), ("a_b", None))),
        (
            "SOJOURN_ALLOW_PRIVATE",
            "fd00::/8,[fd00::/8]:8443,[::1]",
            (("fd00::/8", None), ("fd00::/8", 8443), ("::1", None)),
        ),
    ],
)
def test_right_values_are_read(name: str, text: str, value: object) -> None:
    assert configuration.read({name: text})[name] == value


KEY = "a key of more than thirty characters"

WRONG = [
    ("SOJOURN_FEED_MAX_BYTES", "5 MB", "write a whole number above 0"),
    ("SOJOURN_FEED_TIME_LIMIT_S", "0", "write a whole number above 0"),
    ("SOJOURN_HOME", __file__, "is a file; name a folder"),
    ("DATABASE_URL", "mysql://u:p@h/name", "write postgresql://user:password@host/name or sqlite:///path"),
    ("DATABASE_URL", "/var/lib/sojourn.db", "write postgresql://"),
    ("DATABASE_URL", "postgresql://u:p@h:port/name", "it cannot be read as an address"),
    ("DATABASE_URL", "postgresql://u:p@h", "it names no database"),
    ("DATABASE_URL", "sqlite://", "it names no database"),
    ("DATABASE_URL", "sqlite://relative/path.db", "it names no database"),
    ("SECRET_KEY", "short", "make it 32 characters or longer"),
    ("SECRET_KEY_FALLBACKS", f"{KEY},short", "each key has 32 characters or more"),
    ("SOJOURN_OIDC_ISSUER", "login.example.com", "write the issuer's address"),
    ("SOJOURN_OIDC_ISSUER", "http://login.example.com", "such as https://login.example.com"),
    ("SOJOURN_OIDC_ISSUER", "https://login.example.com/?x=1", "write the issuer's address"),
    ("SOJOURN_SIGN_IN_BY_EMAIL", "yes", "write True or False"),
    ("SOJOURN_SIGN_UP", "1", "write True or False"),
    ("SOJOURN_METRICS_TOKEN", "short", "make it 32 characters or longer"),
    ("SOJOURN_METRICS_TOKEN", f"{KEY}", "of ASCII without spaces"),
    ("SOJOURN_ALLOWED_HOSTS", "https://a.example", "write a host name"),
    ("SOJOURN_TRUSTED_ORIGINS", "a.example", "write an origin such as https://"),
    ("SOJOURN_TRUSTED_ORIGINS", "https://a.example/path", "write an origin"),
    ("SOJOURN_CUSTOM_FIELDS", "customfield_1,Story points", "'Story points' is wrong: write ids such as customfield_"),
    ("SOJOURN_KEEP_TEXTS", "yes", "write True or False"),
    ("SOJOURN_TEXT_LANGUAGE", "klingon", "write one of none, arabic, "),
    ("SOJOURN_ALLOW_PRIVATE", "http://jira", "write 10.0.0.0/8, jira.example.com:8080"),
    *(
        ("SOJOURN_ALLOW_PRIVATE", text, f"{text!r} is wrong: write 10.0.0.0/8")
        for text in ("10.0.0.1/8", "10.0.0", "0x7f.1", "a.example:0", "a.example:99999", "a.example:x", "*")
    ),
    ("SOJOURN_JIRA_PROXY", "proxy.example:3128", "write http://user:password@proxy.example.com:3128"),
    ("SOJOURN_JIRA_PROXY", "socks5://proxy.example", "write http://user:password@proxy.example.com:3128"),
    ("SOJOURN_JIRA_AUTHORITIES", "/nowhere/ca.pem", "name a file of certificates in PEM"),
    ("SOJOURN_LOG_LEVEL", "LOUD", "write DEBUG, INFO, WARNING or ERROR"),
]


@pytest.mark.parametrize(("name", "text", "right"), WRONG)
def test_a_wrong_value_is_refused_by_name_with_what_would_be_right(name: str, text: str, right: str) -> None:
    with pytest.raises(Refused) as error:
        configuration.read({name: text})
    assert error.value.path == name
    assert right in error.value.problem


@pytest.mark.parametrize("setting", SETTINGS, ids=NAMES)
def test_every_setting_with_a_check_is_tried_with_a_wrong_value(setting: Setting) -> None:
    assert setting.read is str or setting.name in {name for name, _, _ in WRONG}


def test_a_wrong_secret_is_not_repeated() -> None:
    with pytest.raises(Refused) as error:
        configuration.read({"DATABASE_URL": "mysql://u:hunter2@h/name"})
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize("name", NAMES)
def test_every_value_may_stand_in_a_file(name: str, tmp_path: Path) -> None:
    right = {"SOJOURN_HOME": "/tmp/x", "SOJOURN_CUSTOM_FIELDS": "customfield_1", "SOJOURN_KEEP_TEXTS": "True"}
    right |= {"DATABASE_URL": "postgresql://u:p@h/name", "SOJOURN_LOG_LEVEL": "ERROR"}
    right |= {"SOJOURN_ALLOW_PRIVATE": "10.0.0.0/8", "SECRET_KEY": KEY, "SECRET_KEY_FALLBACKS": KEY}
    right |= {"SOJOURN_OIDC_ISSUER": "https://a.example", "SOJOURN_SIGN_IN_BY_EMAIL": "True", "SOJOURN_SIGN_UP": "True"}
    right |= {"SOJOURN_METRICS_TOKEN": "x" * 32, "SOJOURN_TEXT_LANGUAGE": "none"}
    right |= {"SOJOURN_JIRA_PROXY": "http://proxy.example:3128", "SOJOURN_JIRA_AUTHORITIES": __file__}
    right |= {"SOJOURN_FEED_MAX_BYTES": "1000000", "SOJOURN_FEED_TIME_LIMIT_S": "60"}
    text = right.get(name, "https://a.example" if "ORIGINS" in name else "something")
    (tmp_path / "value").write_text(f"{text}\n")
    assert configuration.read({f"{name}_FILE": str(tmp_path / "value")}) == configuration.read({name: text})


def test_a_value_and_its_file_at_once_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="SECRET_KEY: SECRET_KEY and SECRET_KEY_FILE are both set; set one"):
        configuration.read({"SECRET_KEY": "a", "SECRET_KEY_FILE": str(tmp_path / "key")})


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "missing", tmp_path, tmp_path / "binary"):
        with pytest.raises(Refused, match="SECRET_KEY_FILE: cannot be read"):
            configuration.read({"SECRET_KEY_FILE": str(path)})


def test_the_secret_key_is_made_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "home"
    key = home.keys(folder)[0]
    assert len(key) > 64
    assert home.keys(folder)[0] == key
    assert stat.S_IMODE((folder / "secret_key").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [path.name for path in folder.iterdir()] == ["secret_key"]
    assert home.keys(tmp_path / "other")[0] != key


def test_the_key_of_whoever_was_first_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret_key").write_text("first")
    monkeypatch.setattr(Path, "exists", lambda _: False)  # another made it after this one looked
    assert home.keys(tmp_path) == ["first"]
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


def test_an_empty_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret_key").write_text("")
    with pytest.raises(Refused, match=r"SECRET_KEY: .*secret_key is empty; delete it"):
        home.keys(tmp_path)


def test_a_home_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Refused, match="SOJOURN_HOME"):
        home.keys(tmp_path / "file" / "home")
    with pytest.raises(Refused, match="SOJOURN_HOME"):
        settings._databases("", tmp_path / "file" / "home")


def test_the_store_is_sqlite_in_the_home_unless_said_otherwise(tmp_path: Path) -> None:
    odd = tmp_path / "with space?and#more%41"
    found = settings._databases("", odd)["default"]
    assert (found["ENGINE"], found["NAME"]) == ("django.db.backends.sqlite3", str(odd / "sojourn.sqlite3"))
    assert "journal_mode=WAL" in found["OPTIONS"]["init_command"]
    other = settings._databases(f"sqlite:///{tmp_path}/deep/a.db", odd)["default"]
    assert other["NAME"] == f"{tmp_path}/deep/a.db"
    assert (tmp_path / "deep").is_dir()
    postgres = settings._databases("postgresql://u:p%40@h:5433/name", odd)["default"]
    assert postgres["ENGINE"] == "django.db.backends.postgresql"
    assert [postgres[key] for key in ("USER", "PASSWORD", "HOST", "PORT", "NAME")] == ["u", "p@", "h", 5433, "name"]


def test_a_start_uses_the_environment(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{KEY}\n")
    environment = {**os.environ, "SOJOURN_HOME": str(tmp_path / "home"), "SECRET_KEY_FILE": str(tmp_path / "key")}
    environment |= {"DATABASE_URL": f"sqlite:///{tmp_path}/x/my.db", "SOJOURN_LOG_LEVEL": "ERROR"}
    code = "from sojourn import settings as s; print(s.SECRET_KEY, s.DATABASES['default']['NAME'], s.LOGGING['root'])"
    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert run.stdout == f"{KEY} {tmp_path}/x/my.db {{'handlers': ['stderr'], 'level': 'ERROR'}}\n"
    assert not (tmp_path / "home").exists()  # nothing had to be kept there


@trials(deadline=None)
@given(
    st.dictionaries(st.sampled_from([*NAMES, *(f"{name}_FILE" for name in NAMES)]), st.text(max_size=30), max_size=3)
)
def test_any_environment_is_read_or_refused_by_name(environment: dict[str, str]) -> None:
    refused: list[str] = []
    try:
        configuration.read(environment)
    except Refused as error:
        refused.append(error.path)
    assert all(path in environment or f"{path}_FILE" in environment for path in refused)
