"""`sojourn simulate`: a small Jira for anybody, until Ctrl-C."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest


@pytest.mark.parametrize("face", ["cloud", "datacenter"])
def test_it_serves_until_it_is_stopped(face: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [str(Path(sys.executable).with_name("sojourn")), "simulate", "--items", "20", "--face", face]
    process = subprocess.Popen([*command, "--port", str(port)], stderr=subprocess.PIPE, text=True)
    try:
        lines = [process.stderr.readline() for _ in range(3)]  # type: ignore[union-attr]
        assert f"http://127.0.0.1:{port}" in lines[1]
        version, who = ("3", {"auth": ("sojourn@example.com", "made-up-token")})
        if face == "datacenter":
            version, who = ("2", {"headers": {"Authorization": "Bearer made-up-token"}})  # type: ignore[dict-item]
        transport = httpx.HTTPTransport(retries=8)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", transport=transport, **who) as ask:  # type: ignore[arg-type]
            assert ask.get(f"/rest/api/{version}/myself").json()["displayName"] == "Sojourn"
        process.send_signal(signal.SIGINT)
        assert (process.wait(20), process.stderr.read()) == (0, "")  # type: ignore[union-attr]
    finally:
        process.kill()
        process.communicate()


def test_a_port_that_is_taken_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        command = [str(Path(sys.executable).with_name("sojourn")), "simulate", "--items", "1"]
        done = subprocess.run(
            [*command, "--port", str(taken.getsockname()[1])], check=False, capture_output=True, text=True
        )
    assert done.returncode == 2
    assert "choose with --port" in done.stderr
