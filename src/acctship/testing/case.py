"""What the parts of the suite share: the author's output, under watch, and ways to call it that cannot hang."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any, ClassVar

import pytest

from acctship.delivery.sending.bounded import HungError, call
from acctship.deployed import Deployed, deploy
from acctship.errors import ConfigError, PluginError
from acctship.events.batch import EventBatch
from acctship.output import Output
from acctship.testing.checks import expect_contract, fail, named
from acctship.testing.delivering import Delivered, deliver
from acctship.testing.receiver import Fault, Receiver
from acctship.testing.watching import Watch, limited, watched


class Case:
    """Base of the suite's parts.

    Attributes:
        faults: those that the receiver can show, and that the output's guarantee covers: without acknowledgements, an
            output cannot know that what it wrote was lost on the way.
        patience: seconds that an event may take to arrive, or a call to return, where nothing is wrong.
    """

    faults: ClassVar[Collection[Fault]] = ()
    patience: ClassVar[float] = 10.0

    @pytest.fixture
    def watch(self) -> Watch:
        """What the output is asked and answers."""
        return Watch()

    @pytest.fixture
    def deployed(self, receiver: Receiver, watch: Watch) -> Deployed:
        """The output as the author's table configures it."""
        try:
            deployed = deploy("tested", receiver.config())
        except (ConfigError, PluginError) as error:
            fail(f"receiver.config() is no table that acctship takes: {error}")
        return limited(watched(deployed, watch), timeout=self.patience)

    @pytest.fixture
    def output(self, deployed: Deployed) -> Iterator[Output]:
        """One object of it, open."""
        made = deployed.build()
        self.ask("open()", made.open)
        yield made
        self.ask("close()", made.close)

    def ask(self, what: str, function: Callable[[], Any]) -> Any:
        """Call into the output where nothing is wrong; that it takes too long or raises is a failure."""
        try:
            return call(function, self.patience)
        except HungError:
            fail(f"{what} has not returned in {self.patience:g} s, though nothing is wrong with the receiver")
        except BaseException as error:  # noqa: BLE001 - a plugin may raise anything
            fail(f"{what} raised {named(error)}, though nothing is wrong with the receiver")

    def deliver(self, deployed: Deployed, watch: Watch, *batches: EventBatch) -> Delivered:
        """Deliver where nothing is wrong; that the output is given up is a failure."""
        done = deliver(deployed, batches)
        expect_contract(watch)
        if done.failure is not None:
            fail(f"the output was given up, though nothing is wrong with the receiver: {named(done.failure)}")
        return done
