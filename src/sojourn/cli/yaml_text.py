"""YAML as JSON has it: a date or a time is a text, and only true and false are booleans, with quotes or without."""

import re
from typing import Any

import yaml

from sojourn.errors import UserError

_TAG = "tag:yaml.org,2002:"
_PLAIN = (
    ("null", r"~|null|", "~n"),
    ("bool", "true|false", "tf"),
    ("int", "-?(?:0|[1-9][0-9]*)", "-0123456789"),
    ("float", r"-?(?:0|[1-9][0-9]*)\.[0-9]+(?:[eE][-+][0-9]+)?", "-0123456789"),
)


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - it is the library's


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        """Whether what comes twice is written twice."""
        return True


for _name, _pattern, _first in _PLAIN:
    _Loader.add_implicit_resolver(f"{_TAG}{_name}", re.compile(f"^(?:{_pattern})$"), [*_first, ""])


def read_yaml(data: bytes, name: str) -> Any:
    """The value of a YAML document; raises UserError, with the place, where it is none."""
    try:
        return yaml.load(data, _Loader)  # noqa: S506 - it is a safe loader
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise UserError(f"{name}: cannot be read as YAML: {' '.join(str(error).split()):.200}") from error


def yaml_text(value: Any) -> str:
    """A value as YAML, its keys in the order they have."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
