"""The command connect: make, list, renew and remove connections to Jira."""

import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sojourn.cli.app import AsJson, app, confirm, print_json, say, use_store

if TYPE_CHECKING:
    from sojourn.jira.connecting import Found
    from sojourn.jira.models import Connection
    from sojourn.jira.source import Kind

_HOW = {
    "api-token": "API token",
    "oauth": "OAuth refresh token",
    "personal-token": "Personal access token",
    "password": "Password",
}
_FROM = "Read the token or password from this file; - is stdin. Secrets are never options: others could see them."
_PUBLIC = "The address of Sojourn as Jira reaches it. Default: the first of SOJOURN_TRUSTED_ORIGINS."


@app.command()
def connect(
    url: Annotated[str, typer.Argument(help="The address of Jira, such as https://acme.atlassian.net.")] = "",
    name: Annotated[str, typer.Option(help="A short name. Default: the first part of the address.")] = "",
    kind: Annotated[str, typer.Option(help="cloud or datacenter. Default: by the address.")] = "",
    method: Annotated[str, typer.Option(help="api-token, oauth, personal-token or password.")] = "",
    account: Annotated[str, typer.Option(help="E-mail address or name of the account; of OAuth the client id.")] = "",
    secret_file: Annotated[str, typer.Option(help=_FROM)] = "",
    client_secret_file: Annotated[str, typer.Option(help="OAuth: read the client's secret from this file.")] = "",
    token_ends: Annotated[str, typer.Option(help="Last day of the token, such as 2027-01-31; it is announced.")] = "",
    every: Annotated[int, typer.Option(help="Minutes between two syncs.")] = 5,
    site: Annotated[str, typer.Option(help="The site its work items go to. Default: the host of the address.")] = "",
    renew: Annotated[str, typer.Option(metavar="NAME", help="Give this connection other credentials.")] = "",
    remove: Annotated[str, typer.Option(metavar="NAME", help="Forget this connection; its work items stay.")] = "",
    webhook: Annotated[
        str, typer.Option(metavar="NAME", help="Have Jira tell this connection of changes at once.")
    ] = "",
    webhook_url: Annotated[str, typer.Option(help=_PUBLIC)] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    is_list: Annotated[bool, typer.Option("--list", help="List the connections, without their secrets.")] = False,
    as_json: AsJson = False,
) -> None:
    """Connect a Jira: asks for what is not given, tries the credentials, and names each permission that is missing.

    Nothing is kept where the credentials are refused, or do not let work items be read; it ends with 1 then.

    Examples:

      sojourn connect https://acme.atlassian.net

      sojourn connect https://jira.acme.com --account bot --method password --secret-file password.txt

      sojourn connect --renew acme --secret-file - < token.txt

      sojourn connect --webhook acme --webhook-url https://sojourn.acme.com

      sojourn connect --list
    """
    use_store()
    if is_list:
        _list(as_json)
    elif remove:
        _remove(remove, yes=yes)
    elif webhook:
        _hook(webhook, webhook_url, as_json)
    else:
        told = {"account": account, "method": method, "token_ends": token_ends}
        draft = _renewed(renew, told) if renew else _new(url, name, kind, every, told)
        _secrets(draft, secret_file, client_secret_file)
        _try_and_keep(draft, site, as_json)


def _list(as_json: bool) -> None:
    from sojourn.jira import again, connecting
    from sojourn.jira.models import Connection

    rows = list(Connection.objects.select_related("site").order_by("name"))
    left_out = {row.name: [{"issue": one.issue, "reason": one.problem} for one in again.unread(row)] for row in rows}
    if as_json:
        print_json([{**connecting.as_json(row), "left_out": left_out[row.name]} for row in rows])
        return
    for row in rows:
        told = connecting.as_json(row)
        state = told["refused"] or told["last_problem"] or f"in step as of {told['last_ok_at'] or 'no time yet'}"
        typer.echo(f"{row.name}\t{row.kind}\t{row.url}\t{told['projects']} projects\t{state}")
        for one in left_out[row.name]:
            typer.echo(f"{row.name}\tleft out\t{one['issue']}\t{one['reason']}")


def _remove(name: str, *, yes: bool) -> None:
    from django.utils import timezone

    from sojourn.jira import connecting

    row = connecting.find(name)
    if not yes:
        confirm(f"Forget the connection {name} to {row.url} and its secrets? The work items of {row.site.name} stay.")
    connecting.remove(row, timezone.now())
    say(f"{name} is forgotten.")


def _hook(name: str, public: str, as_json: bool) -> None:
    """Register a webhook, or say what an administrator has to enter; the secret is told once."""
    from django.conf import settings

    from sojourn.errors import Refused
    from sojourn.jira import connecting, hooking
    from sojourn.jira.failures import JiraFailure

    row = connecting.find(name)
    public = public or next(iter(settings.CSRF_TRUSTED_ORIGINS), "")
    if not public:
        raise Refused("--webhook-url", "is missing; write the address at which Jira reaches Sojourn")
    try:
        hooked = hooking.hook(row, public)
    except JiraFailure as error:
        say(f"sojourn: {error}")
        raise typer.Exit(1) from None
    if as_json:
        print_json({"url": hooked.url, "secret": hooked.secret, "events": hooking.EVENTS, "why": hooked.why})
    elif hooked.secret:
        say(f"{hooked.why}. So an administrator of Jira enters it, under System, WebHooks; the secret is shown once:")
        told = {"Name": f"Sojourn {name}", "URL": hooked.url, "Secret": hooked.secret}
        for label, text in {**told, "Events": ", ".join(hooking.EVENTS), "JQL": "(empty: all work items)"}.items():
            typer.echo(f"{label}\t{text}")
    else:
        say(f"Jira tells {hooked.url} of changes.")


def _new(url: str, name: str, kind: str, every: int, told: dict[str, str]) -> "Connection":
    from sojourn.errors import Refused
    from sojourn.jira import connecting

    url = url or _asked("Address of Jira, such as https://acme.atlassian.net")
    if kind not in ("", "cloud", "datacenter"):
        raise Refused("--kind", f"{kind!r:.40} is not cloud or datacenter")
    face: Kind = "cloud" if (kind or connecting.guess_kind(url)) == "cloud" else "datacenter"
    method = told["method"] or connecting.METHODS[face][0]
    account = told["account"]
    if not account and method != "personal-token":
        account = _asked({"api-token": "E-mail address of the account", "oauth": "Client id"}.get(method, "Name"))
    given = {"method": method, "account": account, "interval_min": every, "token_ends": _day(told["token_ends"])}
    return connecting.drafted(name or connecting.guess_name(url), url, face, **given)


def _renewed(name: str, told: dict[str, str]) -> "Connection":
    from sojourn.jira import connecting

    row = connecting.find(name)
    given: dict[str, Any] = {key: value for key, value in told.items() if value}
    given["token_ends"] = _day(told["token_ends"])
    face: Kind = "cloud" if row.kind == "cloud" else "datacenter"
    return connecting.drafted(name, row.url, face, **given)


def _secrets(row: "Connection", secret_file: str, client_secret_file: str) -> None:
    from sojourn.sealed import Secret

    if row.method == "oauth":
        row.client_secret = Secret(_secret("Client secret", client_secret_file))
        row.refresh_token = Secret(_secret(_HOW[row.method], secret_file))
    else:
        row.secret = Secret(_secret(_HOW[row.method], secret_file))


def _secret(what: str, file: str) -> str:
    from sojourn.errors import Refused

    if not file:
        return str(typer.prompt(what, hide_input=True, err=True)).strip()
    try:
        text = sys.stdin.readline() if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(file, f"cannot be read: {getattr(error, 'strerror', None) or 'it is no text'}") from None
    if not text.strip():
        raise Refused(file, "is empty; it has to hold the secret")
    return text.strip()


def _asked(what: str) -> str:
    return str(typer.prompt(what, err=True)).strip()


def _day(text: str) -> date | None:
    from sojourn.errors import Refused

    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Refused("--token-ends", f"{text!r:.40} is not a date; write it as 2027-01-31") from None


def _try_and_keep(row: "Connection", site: str, as_json: bool) -> None:
    """Ask the Jira itself, and keep the connection where it can be read."""
    from django.utils import timezone

    from sojourn.jira import connecting
    from sojourn.jira.failures import JiraFailure

    say(f"Asking {row.url} …")
    try:
        found = connecting.try_out(row, timezone.now())
    except JiraFailure as error:
        say(f"sojourn: {error}")
        raise typer.Exit(1) from None
    _tell(found)
    if not found.is_enough:
        say("sojourn: nothing is kept: give the account what is missing in Jira, and connect again.")
        raise typer.Exit(1)
    connecting.keep(row, site)
    if as_json:
        print_json(connecting.as_json(row))
    say(
        f"Connected as {row.name}. `sojourn sync {row.name}` reads it now; `sojourn serve` does every "
        f"{row.interval_min} minutes. `sojourn connect --webhook {row.name}` has Jira tell of changes at once."
    )


def _tell(found: "Found") -> None:
    keys = f"{', '.join(found.projects[:10])}{' and others' if len(found.projects) > 10 else ''}"
    say(f"Signed in as {found.account.name}, in {found.account.zone}.")
    say(f"Sees {len(found.projects)} projects: {keys or 'none'}.")
    for one in found.missing:
        weight = "is missing and needed" if one.is_needed else "is missing; goes without"
        say(f"The permission {one.name} {weight}: {one.needed_for}.")
