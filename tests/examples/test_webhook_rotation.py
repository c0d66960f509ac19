"""Secrets and CAs are replaced while it runs: the webhook over TLS, with the host's own machinery, and as a daemon."""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import pytest

from acctship import Delivery, Secret
from acctship.delivery.notice import Notice
from acctship.deployed import Deployed
from acctship.testing import events
from tests.cli.service import Service, Site, until
from tests.delivery.standins import Watched, deploy
from tests.examples.tls_receiver import Receiver, make_certificate, receiving
from tests.paths import WEBHOOK

OLD, NEW = "correct horse", "battery staple"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("tls") / "first.pem")


@pytest.fixture
def receiver(certificate: Path) -> Iterator[Receiver]:
    with receiving(certificate, OLD) as receiver:
        yield receiver


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_text(OLD + "\n")
    return path


@pytest.fixture
def ca(tmp_path: Path, certificate: Path) -> Path:
    return Path(shutil.copy(certificate, tmp_path / "ca.pem"))


@pytest.fixture
def webhook(receiver: Receiver, secret: Path, ca: Path, monkeypatch: pytest.MonkeyPatch) -> Deployed:
    """The output, deployed."""
    monkeypatch.syspath_prepend(WEBHOOK / "src")
    config = import_module("acctship_output_webhook").Config(
        url=receiver.url, secret=Secret("file", str(secret)), ca=str(ca)
    )
    return deploy(lambda: config.output(Delivery(timeout=30)), timeout=30)


def mending(deployed: Deployed, mend: Callable[[], object]) -> Watched:
    """A worker, beside whom somebody mends what is wrong as soon as it is told."""

    def report(notice: Notice) -> None:
        watched.notices.append(notice)
        if notice.phase == "start":
            mend()

    watched = Watched(deployed, report=report)
    return watched


def test_token_that_was_rotated_is_in_force_at_the_next_trial(
    webhook: Deployed, receiver: Receiver, secret: Path
) -> None:
    receiver.secret = NEW
    watched = mending(webhook, lambda: secret.write_text(NEW)).deliver(events(3))
    assert (watched.counts, len(receiver.events), receiver.refused) == ((3, 0, 0), 3, 1)
    assert watched.told == [("output-halted", "start"), ("output-halted", "end")]
    assert "HTTP 401" in watched.notices[0].message


def test_ca_that_was_replaced_is_in_force_at_the_next_connection(
    webhook: Deployed, receiver: Receiver, ca: Path, tmp_path: Path
) -> None:
    watched = mending(webhook, lambda: shutil.copy(other, ca))
    watched.worker.start()
    watched.put(events(1))
    watched.worker.drain()
    other = make_certificate(tmp_path / "second.pem")
    receiver.show(other)
    watched.put(events(2, first_pid=10))
    watched.worker.drain()
    watched.worker.stop(0)
    assert (watched.counts, len(receiver.events)) == ((3, 0, 0), 3)
    assert watched.told == [("output-unreachable", "start"), ("output-unreachable", "end")]
    assert "CERTIFICATE_VERIFY_FAILED" in watched.notices[0].message


def test_check_says_whether_the_receiver_knows_us(
    environment: Path, receiver: Receiver, secret: Path, ca: Path, tmp_path: Path
) -> None:
    site = configured(tmp_path, receiver, secret, ca)
    command = [str(environment / "acctship"), "check", "-c", str(site.config), "-f", str(site.path)]
    site.append(1, 3)
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert f"ok      outputs.hook.receiver: {receiver.url} answers, HTTP 204\n" in done.stdout
    assert (done.returncode, done.stderr) == (0, "")
    receiver.secret = NEW
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert "FAILED  outputs.hook.receiver: see below" in done.stdout
    assert (done.returncode, OLD in done.stderr) == (1, False)
    assert "outputs.hook: the receiver would not take events: HTTP 401" in done.stderr
    secret.unlink()
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 3
    assert f"outputs.hook.secret: secret file {secret}: No such file or directory" in done.stderr
    assert receiver.events == []


def test_signal_puts_a_rotated_token_in_force_at_once(
    environment: Path, receiver: Receiver, secret: Path, ca: Path, tmp_path: Path
) -> None:
    receiver.secret = NEW
    site = configured(tmp_path, receiver, secret, ca)
    site.append(1, 4)
    with subprocess.Popen(
        [environment / "acctship", "run", "-c", site.config], stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            until(lambda: bool(site.health("output-halted")), "the halt, which another output is told of")
            secret.write_text(NEW)
            process.send_signal(signal.SIGHUP)
            until(lambda: receiver.pids == [1, 2, 3], "the records; a trial would not come for a minute")
            until(lambda: len(site.health("output-halted")) == 2, "the end of the halt")
            assert Service(process).stop()[0] == 0
        finally:
            process.kill()


def configured(tmp_path: Path, receiver: Receiver, secret: Path, ca: Path) -> Site:
    site = Site(tmp_path)
    site.configure(
        f'[outputs.hook]\ntype = "webhook"\nurl = "{receiver.url}"\nca = "{ca}"\nstart = "oldest"\n'
        f'secret = {{ file = "{secret}" }}\n'
    )
    return site
