"""The part of the suite about what an output reads and asks: secrets when they are used, the receiver by `check`."""

from __future__ import annotations

import pytest

from acctship.delivery.sending.bounded import HungError, call
from acctship.deployed import Deployed
from acctship.errors import ConfigError, OutputError
from acctship.output import CheckedOutput
from acctship.secret import Secret
from acctship.testing.case import Case
from acctship.testing.checks import expect_arrived, expect_contract, expect_no_others, fail, named, secrets_of
from acctship.testing.delivering import deliver
from acctship.testing.events import events
from acctship.testing.receiver import Receiver
from acctship.testing.switch import switched
from acctship.testing.watching import Watch, limited, unwatched


class Asking(Case):
    """What an output reads, and what it asks."""

    def test_secrets_are_read_when_they_are_used_and_again_after_a_lost_connection(
        self, receiver: Receiver, deployed: Deployed, watch: Watch, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if not secrets_of(unwatched(deployed)):
            return
        read, used, failed, reveal = list[Secret](), False, False, Secret.reveal

        def noted(secret: Secret) -> str:
            read.append(secret)
            return reveal(secret)

        monkeypatch.setattr(Secret, "reveal", noted)
        deployed.build()
        if read:
            fail(
                f"output() read {read[0]}: call reveal() in open() or send(), so that a rotated secret needs no restart"
            )
        with switched(receiver.fault("down")) as switch:

            def before(number: int) -> None:
                nonlocal used
                if number == 2:
                    used = bool(read)
                    switch.on()

            def between(_seconds: float) -> None:
                nonlocal failed
                failed = True
                read.clear()
                switch.off()

            watch.before_send = before
            parts = [events(1), events(1, first_pid=2)]
            deliver(limited(deployed, in_flight=1), parts, between)
        expect_contract(watch)
        if used and failed and not read:
            fail("a secret was not read again after the connection was lost: call reveal() where you connect, or later")

    def test_check_finds_the_receiver_and_delivers_nothing(self, receiver: Receiver, deployed: Deployed) -> None:
        output = unwatched(deployed).output(deployed.limits)
        if not isinstance(output, CheckedOutput):
            return
        said = self.ask("check()", output.check)
        if not isinstance(said, str) or not said.strip():
            fail(f"check() returned {said!r}: return a line that says what was found")
        self.ask("close() after check()", output.close)
        expect_no_others(receiver, [])
        batch = events(1)
        deliver(deployed, [batch])
        expect_arrived(receiver, batch.ids, self.patience, "it was sent after check() of another object had been asked")
        expect_no_others(receiver, [batch])

    def test_check_of_a_receiver_that_is_down_raises(self, receiver: Receiver, deployed: Deployed) -> None:
        output = unwatched(deployed).output(deployed.limits)
        if not isinstance(output, CheckedOutput):
            return
        with receiver.fault("down"):
            try:
                said = call(output.check, self.patience)
            except HungError:
                fail(f"check() of a receiver that is down has not returned in {self.patience:g} s")
            except (OutputError, ConfigError, OSError):
                said = None
            except BaseException as error:  # noqa: BLE001 - a plugin may raise anything
                fail(
                    f"check() raised {named(error)}: raise what send() would: RetryableError, HaltError or any OSError"
                )
        if said is not None:
            fail(f"check() said {said!r} while the receiver was down: raise what send() would")
        self.ask("close() after check()", output.close)
