"""What can be configured: every setting with its name, default, meaning and check.

Only `sojourn.settings` reads the environment; it does so through `read`. A value `NAME_FILE` names a file that holds
the value of NAME, for secrets. A variable that is empty is as good as one that is not set.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

import dj_database_url
import platformdirs
import snowballstemmer

from sojourn.errors import Refused

_PORTS = range(1, 65536)


_SHORTEST_KEY = 32


@dataclass(frozen=True)
class Setting:
    """One environment variable: its name, its default as text, what it means, and how its text is read."""

    name: str
    default: str
    meaning: str
    read: Callable[[str], object] = str
    secret: bool = False


def _switch(text: str) -> bool:
    if text not in ("True", "False"):
        raise ValueError("write True or False")
    return text == "True"


def _number(text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,11}", text):
        raise ValueError("write a whole number above 0")
    return int(text)


def _folder(text: str) -> Path:
    path = Path(text).expanduser().absolute()
    if path.exists() and not path.is_dir():
        raise ValueError(f"{path} is a file; name a folder")
    return path


def _database(text: str) -> str:
    how = "write postgresql://user:password@host/name or sqlite:///path"
    if not text:
        return text
    if text.partition("://")[0] not in ("sqlite", "postgres", "postgresql"):
        raise ValueError(how)
    try:
        found = dj_database_url.parse(text)
    except ValueError:
        raise ValueError(f"it cannot be read as an address; {how}") from None
    if found["NAME"] in ("", ":memory:") or (text.startswith("sqlite") and found["HOST"]):
        raise ValueError(f"it names no database; {how}")
    return text


def _secret_key(text: str) -> str:
    if text and len(text) < _SHORTEST_KEY:
        raise ValueError(f"make it {_SHORTEST_KEY} characters or longer, or leave it empty")
    return text


def _older_keys(text: str) -> tuple[str, ...]:
    words = _words(text)
    if any(len(word) < _SHORTEST_KEY for word in words):
        raise ValueError(f"each key has {_SHORTEST_KEY} characters or more")
    return words


def _token(text: str) -> str:
    if text and not re.fullmatch(rf"[!-~]{{{_SHORTEST_KEY},}}", text):
        raise ValueError(f"make it {_SHORTEST_KEY} characters or longer, of ASCII without spaces, or leave it empty")
    return text


def _log_level(text: str) -> str:
    if text not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise ValueError("write DEBUG, INFO, WARNING or ERROR")
    return text


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _hosts(text: str) -> tuple[str, ...]:
    return _each(text, lambda word: not re.search(r"[/\s]", word), "write a host name such as sojourn.example.com")


def _origins(text: str) -> tuple[str, ...]:
    def is_origin(word: str) -> bool:
        parts = urlsplit(word)
        return parts.scheme in ("http", "https") and bool(parts.netloc) and not parts.path

    return _each(text, is_origin, "write an origin such as https://sojourn.example.com")


def _custom_fields(text: str) -> tuple[str, ...]:
    return _each(
        text, lambda word: bool(re.fullmatch("customfield_[0-9]+", word)), "write ids such as customfield_10050"
    )


def _language(text: str) -> str:
    known = ("none", *snowballstemmer.algorithms())
    if text not in known:
        raise ValueError(f"write one of {', '.join(known)}")
    return text


def _openings(text: str) -> tuple[tuple[str, int | None], ...]:
    return tuple(_opening(word) for word in _words(text))


def _proxy(text: str) -> str:
    if text and not re.fullmatch(r"https?://[^/\s]+/?", text):
        raise ValueError("write http://user:password@proxy.example.com:3128")
    return text


def _issuer(text: str) -> str:
    parts = urlsplit(text)
    is_here = parts.hostname in ("127.0.0.1", "localhost", "::1")
    if text and (parts.scheme not in (("https", "http") if is_here else ("https",)) or not parts.netloc or parts.query):
        raise ValueError("write the issuer's address as it says itself, such as https://login.example.com/realms/acme")
    return text.rstrip("/")


def _file(text: str) -> Path | None:
    if text and not Path(text).is_file():
        raise ValueError("it is no file; name a file of certificates in PEM")
    return Path(text).absolute() if text else None


def _opening(word: str) -> tuple[str, int | None]:
    """A network, an address or a host name, and the port behind a colon; an IPv6 one with a port in brackets."""
    target, port = word, ""
    if word.count(":") == 1 or "]" in word:
        target, _, port = word.partition("]:") if "]" in word else word.partition(":")
    target = target.strip("[]")
    is_name = re.fullmatch(r"[\w-]+(\.[\w-]+)*\.?", target) and not re.search(r"(^|\.)(\d+|0x[0-9a-fA-F]*)\.?$", target)
    if not (is_name or _is_network(target)) or not re.fullmatch("[0-9]{0,5}", port) or int(port or 1) not in _PORTS:
        raise ValueError(f"{word!r} is wrong: write 10.0.0.0/8, jira.example.com:8080 or [fd00::/8]:8080")
    return target, int(port) if port else None


def _is_network(text: str) -> bool:
    try:
        ip_network(text)
    except ValueError:
        return False
    return True


def _each(text: str, is_right: Callable[[str], bool], how: str) -> tuple[str, ...]:
    words = _words(text)
    for word in words:
        if not is_right(word):
            raise ValueError(f"{word!r} is wrong: {how}")
    return words


SETTINGS = (
    Setting(
        "SOJOURN_HOME",
        platformdirs.user_data_dir("sojourn"),
        "Folder for the store and the secret key.",
        _folder,
    ),
    Setting(
        "DATABASE_URL",
        "",
        "The store. Empty: SQLite in SOJOURN_HOME. Else a PostgreSQL address.",
        _database,
        secret=True,
    ),
    Setting(
        "SECRET_KEY",
        "",
        "Signs sessions and seals secrets. Empty: made at the first start, kept in SOJOURN_HOME.",
        _secret_key,
        secret=True,
    ),
    Setting(
        "SECRET_KEY_FALLBACKS",
        "",
        "Older keys, comma-separated: what they signed and sealed can still be read.",
        _older_keys,
        secret=True,
    ),
    Setting(
        "SOJOURN_ALLOWED_HOSTS",
        "127.0.0.1,localhost,[::1]",
        "Host names the server answers to, comma-separated.",
        _hosts,
    ),
    Setting(
        "SOJOURN_TRUSTED_ORIGINS",
        "",
        "Origins behind a proxy, such as https://sojourn.example.com, comma-separated.",
        _origins,
    ),
    Setting(
        "SOJOURN_CUSTOM_FIELDS",
        "",
        "Custom fields whose history is tracked, by id, such as customfield_10050.",
        _custom_fields,
    ),
    Setting(
        "SOJOURN_KEEP_TEXTS",
        "False",
        "Keep descriptions and comment texts in the store: True or False.",
        _switch,
    ),
    Setting(
        "SOJOURN_TEXT_LANGUAGE",
        "english",
        "The language in which text search knows the forms of a word, or none: words match as they are written.",
        _language,
    ),
    Setting(
        "SOJOURN_ALLOW_PRIVATE",
        "",
        "Private addresses that may be called: networks and host names, each with its :PORT if not 80 or 443.",
        _openings,
    ),
    Setting(
        "SOJOURN_JIRA_PROXY",
        "",
        "The proxy through which Jira is called, such as http://proxy.example.com:3128.",
        _proxy,
        secret=True,
    ),
    Setting(
        "SOJOURN_JIRA_AUTHORITIES",
        "",
        "A file of certificates, PEM, that vouch for Jira besides those the machine trusts.",
        _file,
    ),
    Setting(
        "SOJOURN_METRICS_TOKEN",
        "",
        "The token that /metrics asks for. Empty: this machine only may ask.",
        _token,
        secret=True,
    ),
    Setting(
        "SOJOURN_OIDC_ISSUER",
        "",
        "The issuer by which people sign in by OpenID Connect, such as https://login.example.com. Empty: they cannot.",
        _issuer,
    ),
    Setting("SOJOURN_OIDC_NAME", "Single sign-on", "What the button of OpenID Connect says."),
    Setting("SOJOURN_OIDC_CLIENT_ID", "", "The id of Sojourn at the issuer."),
    Setting("SOJOURN_OIDC_CLIENT_SECRET", "", "The secret of Sojourn at the issuer.", secret=True),
    Setting("SOJOURN_ATLASSIAN_CLIENT_ID", "", "The id of an OAuth 2.0 app of Atlassian. Empty: no sign-in by it."),
    Setting("SOJOURN_ATLASSIAN_CLIENT_SECRET", "", "The secret of that app.", secret=True),
    Setting(
        "SOJOURN_SIGN_IN_BY_EMAIL",
        "False",
        "Let whoever proves an e-mail address there sign in as the account that has it: True or False.",
        _switch,
    ),
    Setting("SOJOURN_SIGN_UP", "False", "Make accounts for whoever signs in there first: True or False.", _switch),
    Setting(
        "SOJOURN_FEED_MAX_BYTES",
        "5242880",
        "The most bytes of a data feed that is sent as one JSON document; pages and streams have no limit.",
        _number,
    ),
    Setting(
        "SOJOURN_FEED_TIME_LIMIT_S",
        "25",
        "The most seconds that one JSON document of a data feed takes; pages and streams have no limit.",
        _number,
    ),
    Setting("SOJOURN_LOG_LEVEL", "INFO", "What is logged: DEBUG, INFO, WARNING or ERROR.", _log_level),
)


def _text_of(setting: Setting, environment: Mapping[str, str]) -> str:
    file_name = environment.get(f"{setting.name}_FILE")
    if not file_name:
        return environment.get(setting.name) or setting.default
    if environment.get(setting.name):
        raise Refused(setting.name, f"{setting.name} and {setting.name}_FILE are both set; set one")
    try:
        return Path(file_name).read_text().strip()
    except (OSError, ValueError) as error:
        raise Refused(f"{setting.name}_FILE", f"cannot be read: {error}") from error


def read(environment: Mapping[str, str]) -> dict[str, object]:
    """The value of every setting by name.

    Raises Refused, naming the setting and what would be right, where a value cannot be read.
    """
    values: dict[str, object] = {}
    for setting in SETTINGS:
        text = _text_of(setting, environment)
        try:
            values[setting.name] = setting.read(text)
        except ValueError as error:
            shown = "its value" if setting.secret else repr(text)
            raise Refused(setting.name, f"{shown} is not valid; {error}") from None
    return values
