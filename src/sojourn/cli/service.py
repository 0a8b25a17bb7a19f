"""Commands that run the service and look after it: demo, serve, simulate, settings, doctor, user."""

import sys
from typing import Annotated, Literal

import typer

from sojourn.cli.app import AsJson, allow_private, app, now_ms, print_json, say, use_store

_HELP = """Who may sign in.

Examples:

  sojourn user add ann
"""
user_app = typer.Typer(no_args_is_help=True, help=_HELP)
app.add_typer(user_app, name="user")

Port = Annotated[int, typer.Option(help="The port to listen on.", min=1, max=65535)]
WithWorker = Annotated[bool, typer.Option("--worker/--no-worker", help="Run a worker too.")]


@app.command()
def demo(
    load_only: Annotated[bool, typer.Option("--load-only", help="Read the demo data and do not serve.")] = False,
    port: Port = 8000,
) -> None:
    """Try Sojourn with made-up data: a simulated Jira that is read into an empty store, on this machine only.

    Examples:

      SOJOURN_HOME=/tmp/sojourn-demo sojourn demo

      SOJOURN_HOME=/tmp/sojourn-demo sojourn demo --load-only
    """
    from sojourn.jira.simulator.serving import free_port

    jira_port = free_port()
    allow_private(f"127.0.0.1:{jira_port}")
    use_store()
    from sojourn.demo import PASSWORD, USER, load, simulated

    with simulated(jira_port):
        load(say)
        if not load_only:
            say(f"Sign in as {USER} with the password {PASSWORD}.")
            _serve("127.0.0.1", port, with_worker=True)


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Port = 8000,
    with_worker: WithWorker = True,
) -> None:
    """Serve the web pages, and do what is done in the background.

    Examples:

      sojourn serve --host 0.0.0.0 --port 80

      sojourn serve --no-worker
    """
    use_store()
    _serve(host, port, with_worker=with_worker)


def _serve(host: str, port: int, *, with_worker: bool) -> None:
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    from sojourn.cli.worker import Beside
    from sojourn.settings import VALUES

    _check_free(host, port)
    to_stderr = {"class": "logging.StreamHandler", "formatter": "generic", "stream": "ext://sys.stderr"}
    say(f"Sojourn runs on http://{f'[{host}]' if ':' in host else host}:{port}")
    server = Granian(
        "sojourn.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        blocking_threads=4,
        websockets=False,
        log_level=LogLevels(str(VALUES["SOJOURN_LOG_LEVEL"]).lower()),
        log_dictconfig={"handlers": {"console": to_stderr, "access": {**to_stderr, "formatter": "access"}}},
    )
    if with_worker:
        beside = Beside()
        server.on_startup(beside.start)
        server.on_shutdown(beside.stop)
    server.serve()


def _check_free(host: str, port: int) -> None:
    """Raise UserError where nobody can listen at that address."""
    import socket

    from sojourn.errors import UserError

    try:
        socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except OSError as error:
        reason = str(error.strerror).partition(" (while")[0]
        raise UserError(f"cannot listen on port {port} of {host}: {reason}; choose with --port") from error


@app.command()
def simulate(
    port: Port = 8080,
    face: Annotated[Literal["cloud", "datacenter"], typer.Option(help="Which Jira to be.")] = "cloud",
    items: Annotated[int, typer.Option(help="How many made-up work items it holds.", min=1, max=1_000_000)] = 2000,
) -> None:
    """Be a small Jira with made-up data, on this machine only, to try a connection with. Nothing in it is secret.

    Examples:

      sojourn simulate

      sojourn simulate --face datacenter --items 20000 --port 8081
    """
    from sojourn.jira.simulator import Clock, Simulator
    from sojourn.jira.simulator.made_up import made_up
    from sojourn.jira.simulator.serving import serve

    _check_free("127.0.0.1", port)
    say(f"Making up {items:,} work items …")
    site = made_up(Clock(now_ms(), is_running=True), items)
    account = site.accounts[0]
    who = f"{account.email} with the API token" if face == "cloud" else "the personal access token"
    say(f"A simulated Jira ({face}) runs on http://127.0.0.1:{port}; sign in as {who} {account.secret}")
    say(f"Sojourn may call it where SOJOURN_ALLOW_PRIVATE=127.0.0.1:{port}")
    serve(Simulator(site, face), port)


@app.command()
def settings(as_json: AsJson = False) -> None:
    """List what can be configured, by environment variables. NAME_FILE names a file that holds the value.

    Examples:

      sojourn settings --json
    """
    from sojourn.configuration import SETTINGS

    if as_json:
        print_json([{"name": s.name, "default": s.default, "meaning": s.meaning} for s in SETTINGS])
        return
    for setting in SETTINGS:
        typer.echo(f"{setting.name}\n    {setting.meaning}\n    Default: {setting.default or '(empty)'}")


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Look for problems: the store, the secret key, doubtful histories, lists of holidays that end. Ends with 1 if any.

    Examples:

      sojourn doctor
    """
    use_store()
    from django.utils import timezone

    from sojourn.doctor import checks

    found = list(checks(timezone.now()))
    if as_json:
        print_json([{"check": one.name, "ok": one.ok, "message": one.message} for one in found])
    else:
        for one in found:
            typer.echo(f"{'ok     ' if one.ok else 'PROBLEM'}  {one.name}: {one.message}")
    raise typer.Exit(0 if all(one.ok for one in found) else 1)


@user_app.command(name="add")
def add_user(
    name: Annotated[str, typer.Argument(help="The name to sign in with.")],
    password_stdin: Annotated[bool, typer.Option("--password-stdin", help="Read the password from stdin.")] = False,
    role: Annotated[str, typer.Option(help="viewer, analyst, sla-manager or administrator. Default: viewer.")] = "",
) -> None:
    """Add somebody who may sign in; asks for a password. What they see is granted: see `sojourn access`.

    Examples:

      sojourn user add ann --role administrator

      sojourn user add ann --password-stdin < password.txt
    """
    use_store()
    from sojourn.web.accounts import add

    if password_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    add(name, password, role)
    say(f"{name} may sign in.")
    if role != "administrator":
        say(f"{name} sees nothing yet: `sojourn access grant {name} --site NAME` says what.")


@user_app.command(name="email")
def set_email(
    name: Annotated[str, typer.Argument(help="The name of the account.")],
    address: Annotated[str, typer.Argument(help="The address, or nothing to take it away.")] = "",
) -> None:
    """Say which e-mail address is somebody's, by which they may sign in where SOJOURN_SIGN_IN_BY_EMAIL allows it.

    Examples:

      sojourn user email ann ann@example.com
    """
    use_store()
    from sojourn.web import accounts

    accounts.set_email(name, address)
    say(f"The address of {name} is {address}." if address else f"{name} has no address now.")
