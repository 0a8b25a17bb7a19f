"""Commands about SLAs: sla preview, explain."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from sojourn.cli.app import AsJson, app, now_ms, print_json, say, use_store
from sojourn.errors import UserError

if TYPE_CHECKING:
    from sojourn.history.models import Issue
    from sojourn.sla.preview import Preview

_HELP = """SLA clocks: try a policy on real work items before it is saved, and ask a clock why.

Examples:

  sojourn sla preview resolution.json

  sojourn sla explain SUP-12 --sla 3
"""
sla_app = typer.Typer(no_args_is_help=True, help=_HELP)
app.add_typer(sla_app, name="sla")

Key = Annotated[str, typer.Argument(help="The key of the work item.")]
AsOf = Annotated[str, typer.Option("--as-of", help="The moment of which is asked, such as 2024-01-31T18:00.")]
Sla = Annotated[int, typer.Option("--sla", help="The id of the SLA.")]


def issue_of(key: str) -> "Issue":
    """The work item of a key; raises UserError where there is none."""
    from sojourn.history.models import Issue

    issue = Issue.objects.filter(key=key, deleted_ms=None).select_related("site").first()
    if issue is None:
        raise UserError(f"There is no work item {key}.")
    return issue


def _as_of_ms(text: str) -> int:
    from sojourn.reports.options import instant_ms

    return instant_ms(text, ZoneInfo("UTC"), "--as-of") if text else now_ms()


@sla_app.command()
def preview(
    file: Annotated[Path, typer.Argument(help="The policy as JSON (docs/sla.md).")],
    sla: Annotated[int, typer.Option("--sla", help="The id of the SLA it shall change: verdicts are compared.")] = 0,
    jql: Annotated[str, typer.Option(help="Try it on these work items; if not given, on the last 10,000.")] = "",
    as_of: AsOf = "",
    as_json: AsJson = False,
) -> None:
    """Try a policy on real work items. Nothing is saved.

    Examples:

      sojourn sla preview resolution.json --sla 3

      sojourn sla preview resolution.json --jql "project = SUP" --json
    """
    use_store()
    from sojourn.history.models import Issue
    from sojourn.jql.asking import Asking
    from sojourn.jql.compile import selection
    from sojourn.sla.definitions import find
    from sojourn.sla.preview import preview as previewed

    moment_ms = _as_of_ms(as_of)
    issues = Issue.objects.filter(selection(jql, Asking(moment_ms)).condition).order_by("pk") if jql else None
    found = previewed(_read(file), moment_ms, issues, find(sla) if sla else None)
    if as_json:
        print_json(found.as_json())
    else:
        _print(found)
    for warning in found.warnings:
        say(f"Warning: {warning}")


def _read(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise UserError(f"{file}: cannot be read as JSON: {error}") from error
    if not isinstance(found, dict):
        raise UserError(f"{file}: a policy is a JSON object (docs/sla.md)")
    return found


def _print(found: "Preview") -> None:
    typer.echo(f"{found.looked_at} work items, {found.without_clock} without a clock")
    for goal in found.goals:
        typer.echo(f"goal {goal['goal']}\t{goal['name'] or goal['jql'] or 'all'}")
        for row in goal["clocks"]:
            typer.echo(f"\t{row['state']}\t{row['verdict']}\t{row['count']}")
    shares = [f"{10 * place}–{10 * place + 10} %" for place in range(10)]
    for share, count in zip([*shares, "over 100 %"], found.histogram, strict=True):
        typer.echo(f"{share}\t{count}")
    if found.difference:
        typer.echo(f"{found.difference} against the published version")
        for key, before, after in found.changes:
            typer.echo(f"\t{key}\t{before} → {after}")


@sla_app.command()
def explain(
    key: Key,
    sla: Annotated[int, typer.Option("--sla", help="The id of the SLA; all that count if not given.")] = 0,
    as_of: AsOf = "",
    svg: Annotated[Path | None, typer.Option("--svg", help="Draw the clock of the one SLA into this file.")] = None,
    as_json: AsJson = False,
) -> None:
    """Say why the clocks of a work item show what they show, to the millisecond.

    Examples:

      sojourn sla explain SUP-12

      sojourn sla explain SUP-12 --sla 3 --as-of 2024-01-31T18:00 --svg clock.svg
    """
    use_store()
    from sojourn.sla.definitions import find
    from sojourn.sla.explain import explain as explained
    from sojourn.sla.explain_svg import svg as drawn
    from sojourn.sla.explain_text import lines
    from sojourn.sla.rules import in_force

    moment_ms = _as_of_ms(as_of)
    issue = issue_of(key)
    definitions = [find(sla)] if sla else [one for one in in_force() if one.site_id in (None, issue.site_id)]
    if not definitions:
        raise UserError("No SLA counts: none is published.")
    if svg is not None and len(definitions) != 1:
        raise UserError("--svg draws the clock of one SLA; name it with --sla.")
    found = [explained(issue, one, moment_ms) for one in definitions]
    if svg is not None:
        svg.write_text(drawn(found[0], moment_ms), encoding="utf-8")
    if as_json:
        print_json([one.json for one in found])
        return
    for one in found:
        for line in lines(one.json):
            typer.echo(line)
