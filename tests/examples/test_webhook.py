"""The stranger's plugin: installed into an environment of its own, and met by a real HTTP server."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.paths import PACCT, WEBHOOK

MODULE = WEBHOOK / "src/acctship_output_webhook.py"
RECORDS = PACCT.stat().st_size // 64
SECRET = "correct horse"


class Receiver(NamedTuple):
    """A server that runs."""

    process: subprocess.Popen[str]
    url: str
    folder: Path

    @property
    def batches(self) -> list[list[dict[str, Any]]]:
        """The requests that it took, in order."""
        bodies = [path.read_bytes() for path in sorted(self.folder.iterdir())]
        assert all(body.endswith(b"\n") for body in bodies)
        return [[json.loads(line) for line in body.splitlines()] for body in bodies]

    @property
    def sequence(self) -> list[int]:
        return [event["event"]["sequence"] for batch in self.batches for event in batch]

    def stop(self) -> list[int]:
        """Stop it; gives the statuses that it answered with."""
        self.process.terminate()
        said, _ = self.process.communicate(timeout=60)
        return list(map(int, said.split()))


Start = Callable[..., Any]
Ship = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def receiver(environment: Path, tmp_path: Path) -> Start:
    """Start a server; options are those of `receiver.py`."""

    @contextmanager
    def start(*options: str) -> Iterator[Receiver]:
        folder = tmp_path / "received"
        folder.mkdir()
        with subprocess.Popen(
            [environment / "python", Path(__file__).with_name("receiver.py"), folder, SECRET, *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as process:
            assert process.stdout is not None
            try:
                yield Receiver(process, f"http://127.0.0.1:{int(process.stdout.readline())}/acct", folder)
            finally:
                process.kill()

    return start


@pytest.fixture
def ship(environment: Path, tmp_path: Path) -> Ship:
    """Ship the example's records to a URL, in batches of at most ten events."""

    def ship(url: str, *, secret: str = SECRET, events: int = 10) -> subprocess.CompletedProcess[str]:
        config = tmp_path / "acctship.toml"
        config.write_text(
            f'[outputs.hook]\ntype = "webhook"\nurl = "{url}"\nsecret = {{ env = "HOOK_SECRET" }}\n'
            f"[outputs.hook.delivery]\nbatch_events = {events}\n"
        )
        return acctship(environment, "run", "--once", "-c", config, "-f", PACCT, HOOK_SECRET=secret)

    return ship


def acctship(environment: Path, *arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [environment / "acctship", *arguments],
        env={"PATH": os.environ["PATH"], **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_every_event_arrives_once_in_order_and_signed(receiver: Start, ship: Ship) -> None:
    with receiver() as server:
        done = ship(server.url)
        assert (done.returncode, done.stdout) == (0, "")
        (line,) = done.stderr.splitlines()
        assert "outputs.hook (webhook, acknowledged): " in line
        assert f"{RECORDS} events delivered" in line
        assert server.sequence == list(range(RECORDS))
        assert max(map(len, server.batches)) == 10
        assert set(server.stop()) == {202}  # any other signature would have had a 401


def test_wrong_secret_halts_and_nothing_is_lost_in_silence(receiver: Start, ship: Ship) -> None:
    with receiver() as server:
        done = ship(server.url, secret="wrong")
        assert done.returncode == 1
        assert "0 events delivered" in done.stderr
        assert f"NOT DELIVERED: HTTP 401 from {server.url}: check url and secret" in done.stderr.splitlines()[-1]
        assert "wrong" not in done.stderr
        assert server.batches == []
        assert server.stop() == [401]


def test_busy_receiver_is_tried_again(receiver: Start, ship: Ship) -> None:
    with receiver("--busy", "2") as server:
        done = ship(server.url)
        assert done.returncode == 0
        assert "2 sends repeated" in done.stderr
        assert server.sequence == list(range(RECORDS))
        assert server.stop()[:3] == [503, 503, 202]


def test_receiver_of_small_bodies_gets_halves(receiver: Start, ship: Ship) -> None:
    with receiver("--most", "20000") as server:
        done = ship(server.url, events=500)
        assert done.returncode == 0
        assert server.sequence == list(range(RECORDS))
        assert max(map(len, server.batches)) > 1
        assert set(server.stop()) == {202, 413}


def test_event_that_is_too_large_by_itself_is_rejected_and_named(receiver: Start, ship: Ship) -> None:
    with receiver("--most", "100") as server:
        done = ship(server.url)
        assert done.returncode == 1
        assert f"{RECORDS} events rejected" in done.stderr
        assert "was rejected: too large: HTTP 413" in done.stderr
        assert server.batches == []


def test_wrong_path_halts(receiver: Start, ship: Ship) -> None:
    with receiver() as server:
        done = ship(server.url + "/nowhere")
        assert done.returncode == 1
        assert "HTTP 404" in done.stderr
        assert server.batches == []


def test_no_server_ends_with_1_and_counts_what_is_left(ship: Ship) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # bound and not listening: every connection is refused
        done = ship(f"http://127.0.0.1:{unused.getsockname()[1]}/acct")
    assert done.returncode == 1
    assert "0 events delivered" in done.stderr
    assert "NOT DELIVERED: 5 attempts failed, the last one: " in done.stderr
    assert "Connection refused" in done.stderr


def test_url_and_secret_are_checked_before_anything_is_sent(environment: Path, tmp_path: Path) -> None:
    config = tmp_path / "acctship.toml"
    for table, said in (
        ('url = "ftp://x"\nsecret = { env = "HOME" }\n', "outputs.hook.url: "),
        (
            'url = "http://x"\nsecret = { env = "NOT_SET" }\n',
            "outputs.hook.secret: secret env NOT_SET: $NOT_SET is not",
        ),
        ('url = "http://x"\n', "outputs.hook.secret: missing"),
    ):
        config.write_text(f'[outputs.hook]\ntype = "webhook"\n{table}')
        done = acctship(environment, "run", "--once", "-c", config, "-f", PACCT, HOME="/")
        assert (done.returncode, done.stdout) == (3, "")
        (line,) = done.stderr.splitlines()
        assert said in line


def test_outputs_list_and_show_name_the_strangers_package(environment: Path) -> None:
    listed = acctship(environment, "outputs", "list")
    assert (listed.returncode, listed.stderr) == (0, "")
    (row,) = [line for line in listed.stdout.splitlines() if line.startswith("webhook")]
    assert row.split() == [
        "webhook",
        "acctship-output-webhook",
        "1.0.0",
        *["POST", "events,", "signed,", "to", "a", "webhook"],
    ]
    shown = acctship(environment, "outputs", "show", "webhook").stdout
    assert "Key of the signature" in shown


def test_it_is_short() -> None:
    assert len(MODULE.read_text().splitlines()) <= 85
    assert sum(len(path.read_text().splitlines()) for path in (WEBHOOK / "tests").rglob("*.py")) <= 90


def test_it_type_checks_strictly_without_a_cast_against_the_installed_package(
    environment: Path, tmp_path: Path
) -> None:
    text = MODULE.read_text()
    assert "cast" not in text
    assert "ignore" not in text
    mypy = [sys.executable, "-m", "mypy", "--strict", "--config-file="]
    done = subprocess.run(
        [*mypy, "--python-executable", environment / "python", MODULE, WEBHOOK / "tests"],
        cwd=tmp_path,
        env={key: value for key, value in os.environ.items() if key not in ("MYPYPATH", "PYTHONPATH")},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
