"""What commands that ask reports have in common: options made from the menu, and requests made from options."""

import inspect
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sojourn.reports.menu import Entry, Option

if TYPE_CHECKING:
    from sojourn.reports.request import Request

USER = Annotated[str, typer.Option("--user", help="Who asks: whom currentUser() in --jql means, by name or id.")]
OUTPUT = Annotated[Path | None, typer.Option("-o", "--output", help="Write to this file.")]


def command(
    run: Callable[..., None], text: str, examples: Sequence[str], parameters: Sequence[inspect.Parameter]
) -> Callable[..., None]:
    """The command that runs with those parameters, and explains itself by a text and by examples."""

    def made(**given: Any) -> None:
        run(**given)

    lines = "\n\n".join(f"  sojourn {example}" for example in examples)
    made.__doc__ = f"{text}\n\nExamples:\n\n{lines}"
    made.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    made.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return made


def option(one: Option) -> inspect.Parameter:
    """The parameter of an option of a report."""
    choices = f" One of {', '.join(one.choices)}." if one.choices and not one.is_switch else ""
    default = f" Default: {one.default}." if one.default and not one.is_switch else ""
    repeated = " May be repeated." if one.many else ""
    kind: Any = bool if one.is_switch else list[str] | None if one.many else str
    name = f"--{one.name.replace('_', '-')}"
    annotation = Annotated[kind, typer.Option(name, help=f"{one.meaning}{choices}{default}{repeated}")]
    return parameter(one.name, annotation, False if one.is_switch else None if one.many else "")


def parameter(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    """A parameter that is given by name."""
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def texts(given: dict[str, Any]) -> dict[str, list[str]]:
    """The options that were given, as lists of texts."""
    return {
        name: value if isinstance(value, list) else ["true" if value is True else value]
        for name, value in given.items()
        if value
    }


def request(entry: Entry, options: dict[str, list[str]], user: str = "") -> "Request":
    """What a user asks of a report; raises UserError where an option is wrong."""
    from django.utils import timezone

    from sojourn.calendars import store
    from sojourn.reports import options as reading
    from sojourn.reports.query import Asker

    calendar = store.load_any(*options.get("calendar", [store.DEFAULT]))
    return reading.request(options, calendar, timezone.now(), entry.options, Asker(user or None))
