"""The part of the suite about how an output treats its host: prompt to close, able to fail, silent about secrets."""

from __future__ import annotations

import logging
import threading
import traceback
from contextlib import nullcontext

import pytest

from acctship.delivery.sending.bounded import HungError, call
from acctship.deployed import Deployed
from acctship.errors import AcctshipError
from acctship.events.batch import EventBatch
from acctship.output import Output
from acctship.testing.case import Case
from acctship.testing.checks import (
    expect_arrived,
    expect_contract,
    fail,
    named,
    secrets_of,
)
from acctship.testing.delivering import deliver
from acctship.testing.events import REJECTED_COMMAND, events
from acctship.testing.failing import HANG
from acctship.testing.receiver import Fault, Receiver
from acctship.testing.switch import switched
from acctship.testing.watching import Watch, limited, unwatched

ROUNDS = 10
"""A close that comes in the middle of a send does not come at the same point each time."""
LEAST_SECRET = 8
"""Characters of a secret: a shorter one could stand in a message by chance."""


class Manners(Case):
    """How an output treats its host."""

    def test_building_touches_no_receiver_and_failed_open_is_no_end(
        self, receiver: Receiver, deployed: Deployed, watch: Watch
    ) -> None:
        with receiver.fault("down"):
            try:
                output = deployed.build()
            except AcctshipError as error:
                fail(f"output() failed while the receiver was down: {error}: connect in open() or send(), not before")
            self._open(output)
            self._close(output)
        expect_contract(watch)
        again, batch = deployed.build(), events(1)
        self.ask("open() after the receiver came back", again.open)
        self.ask("send() after the receiver came back", lambda: again.send(batch))
        self._close(again)
        expect_arrived(receiver, batch.ids, self.patience, "the receiver was there again, and send() returned")

    def test_close_during_a_send_is_prompt_and_send_tells_the_truth(
        self, receiver: Receiver, deployed: Deployed, watch: Watch
    ) -> None:
        for at in range(ROUNDS):
            output, batch, begun = deployed.build(), events(200, first_pid=1 + 200 * at), threading.Event()
            watch.before_send = lambda _number, begun=begun: begun.set()  # type: ignore[misc]  # binds this round's
            self.ask("open()", output.open)
            sending = threading.Thread(target=_ignore_errors, args=(output, batch), daemon=True)
            sending.start()
            begun.wait(self.patience)
            self._close(output)
            sending.join(self.patience)
            if sending.is_alive():
                fail(f"send() has not returned {self.patience:g} s after close() was called: let close() end it")
        expect_contract(watch)
        told = [one for call in watch.calls for one in call.acknowledged]
        expect_arrived(receiver, told, self.patience, "send() said that they were delivered, while close() was called")

    def test_close_while_the_receiver_hangs_is_prompt(self, receiver: Receiver, deployed: Deployed) -> None:
        output = deployed.build()
        self.ask("open()", output.open)
        with receiver.fault("hang"):
            threading.Thread(target=_ignore_errors, args=(output, events(1)), daemon=True).start()
            self._close(output)

    def test_secrets_are_shown_nowhere(
        self,
        receiver: Receiver,
        deployed: Deployed,
        watch: Watch,
        caplog: pytest.LogCaptureFixture,
        capfd: pytest.CaptureFixture[str],
    ) -> None:
        config = unwatched(deployed)
        secrets = secrets_of(config)
        if not secrets:
            return
        if short := [place for place, secret in secrets.items() if len(secret) < LEAST_SECRET]:
            fail(f"the secret {short[0]} has fewer than {LEAST_SECRET} characters: take a longer one for the tests")
        output = config.output(deployed.limits)
        seen = {"repr of the configuration": repr(config), "str of the configuration": str(config)}
        seen["repr of the output"] = f"{output!r} {output}"
        caplog.set_level(logging.DEBUG)
        for fault in (None, *sorted(self.faults)):
            reasons = self._fail_and_recover(receiver, deployed, fault)
            seen[f"a reason for rejecting, or for giving up, under {fault}"] = reasons
        for where, error in watch.raised:
            seen.setdefault(f"an error that left {where}()", "")
            seen[f"an error that left {where}()"] += repr(error) + "".join(traceback.format_exception(error))
        printed = "standard output or error (by the output, or by a receiver in this process)"
        seen |= {"a log record": caplog.text, printed: "".join(capfd.readouterr())}
        for place, secret in secrets.items():
            for where, text in seen.items():
                if secret in text:
                    fail(f"the secret {place} was shown in {where}: call reveal() late, and keep what it gives nowhere")

    def _fail_and_recover(self, receiver: Receiver, deployed: Deployed, fault: Fault | None) -> str:
        with switched(receiver.fault(fault) if fault else nullcontext()) as switch:
            switch.on()
            batch = events(1, command=REJECTED_COMMAND)
            done = deliver(limited(deployed, timeout=HANG), [batch], lambda _seconds: switch.off())
        return f"{done.failure!r} {done.rejected}"

    def _open(self, output: Output) -> None:
        try:
            call(output.open, self.patience)
        except HungError:
            fail(f"open() of a receiver that is down has not returned in {self.patience:g} s")
        except BaseException:  # noqa: BLE001 - the watch has noted it
            return

    def _close(self, output: Output) -> None:
        try:
            call(output.close, self.patience)
        except HungError:
            fail(
                f"close() has not returned in {self.patience:g} s: it may be called from any thread, and waits for none"
            )
        except BaseException as error:  # noqa: BLE001 - a plugin may raise anything
            fail(f"close() raised {named(error)}: there is nobody left to tell")


def _ignore_errors(output: Output, batch: EventBatch) -> None:
    try:
        output.send(batch)
    except BaseException:  # noqa: BLE001 - the watch has noted it
        return
