"""What can be configured: every setting with its name, default, meaning and check.

Only `sojourn.settings` reads the environment; it does so through `read`. A value `NAME_FILE` names a file that holds
the value of NAME, for secrets.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from sojourn.errors import Refused


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


def _folder(text: str) -> Path:
    path = Path(text).expanduser().absolute()
    if path.exists() and not path.is_dir():
        raise ValueError(f"{path} is a file; name a folder")
    return path


def _database(text: str) -> str:
    if text and text.partition("://")[0] not in ("sqlite", "postgres", "postgresql"):
        raise ValueError("write postgresql://user:password@host/name or sqlite:///path")
    return text


def _log_level(text: str) -> str:
    if text not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise ValueError("write DEBUG, INFO, WARNING or ERROR")
    return text


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


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
    Setting("SECRET_KEY", "", "Signs sessions. Empty: made at the first start, kept in SOJOURN_HOME.", secret=True),
    Setting(
        "SOJOURN_ALLOWED_HOSTS",
        "127.0.0.1,localhost,[::1]",
        "Host names the server answers to, comma-separated.",
        _words,
    ),
    Setting(
        "SOJOURN_TRUSTED_ORIGINS",
        "",
        "Origins behind a proxy, such as https://sojourn.example.com, comma-separated.",
        _words,
    ),
    Setting(
        "SOJOURN_CUSTOM_FIELDS",
        "",
        "Custom fields whose history is tracked, by id, such as customfield_10050.",
        _words,
    ),
    Setting(
        "SOJOURN_KEEP_TEXTS",
        "False",
        "Keep descriptions and comment texts in the store: True or False.",
        _switch,
    ),
    Setting("SOJOURN_LOG_LEVEL", "INFO", "What is logged: DEBUG, INFO, WARNING or ERROR.", _log_level),
)


def _text_of(setting: Setting, environment: Mapping[str, str]) -> str:
    file_name = environment.get(f"{setting.name}_FILE")
    if file_name is None:
        return environment.get(setting.name, setting.default)
    if setting.name in environment:
        raise Refused(setting.name, f"{setting.name} and {setting.name}_FILE are both set; set one")
    try:
        return Path(file_name).read_text().strip()
    except OSError as error:
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
            raise Refused(setting.name, f"{text!r} is not valid; {error}") from error
    return values
