"""How one output is waited for when it does not deliver."""

from __future__ import annotations

import threading
from collections.abc import Callable

from acctship.delivery.sending.outage import Outage
from acctship.delivery.sending.outbox import Outbox
from acctship.delivery.sending.outcomes import reason
from acctship.delivery.sending.patience import Patience, back_off, halt
from acctship.errors import HaltError, RetryableError


class Setbacks:
    """The back-off that all threads of one output share; safe to use from several threads.

    Args:
        patience: when to give the output up, if ever.
        outbox: where sends are held.
        outage: told of what goes wrong.
        give_up: called with the reason if patience has come to its end.

    Attributes:
        round: goes up with each failure. Whoever sends keeps it from before: several sends that fail together are one
            failure.
    """

    def __init__(
        self, patience: Patience, outbox: Outbox, outage: Outage, give_up: Callable[[BaseException], None]
    ) -> None:
        self.round = 0
        self._patience, self._outbox, self._outage, self._give_up = patience, outbox, outage, give_up
        self._failures = self._halts = 0
        self._lock = threading.Lock()

    def over(self, began: int) -> None:
        """A send succeeded: the next failure is the first; unless one came after this send had begun."""
        with self._lock:
            if began != self.round:
                return
            self._failures = self._halts = 0
        self._outbox.release()
        self._outage.over()

    def retry(self, error: BaseException, asked: object, began: int) -> None:
        """Back off, and at least as long as the receiver asks."""
        with self._lock:
            if began != self.round:
                return
            self.round += 1
            self._failures += 1
            failures = self._failures
        if self.too_many(failures, reason(error)):
            return
        wait = max(back_off(failures), self._patience.bounded(asked))
        self._outbox.hold(wait, then_one_only=True)
        self._outage.retrying(reason(error), wait)

    def too_many(self, attempts: int, why: str) -> bool:
        """Tell whether that was one too many, and the output is given up."""
        most = self._patience.attempts
        if most is None or attempts < most:
            return False
        self._give_up(RetryableError(f"{most} attempts failed, the last one: {why}"))
        return True

    def halt(self, error: BaseException, why: str, began: int, section: str) -> None:
        """Send nothing until a person may have mended what is wrong, as a section of the runbook says."""
        if self._patience.attempts is not None:
            self._give_up(error)
            return
        with self._lock:
            if began != self.round and self._halts:
                return
            self.round += 1
            self._halts += 1
            wait = halt(self._halts)
        self._outbox.hold(wait, then_one_only=True)
        then = f"its events wait; it is tried again in {wait:.0f} s, and then less and less often"
        self._outage.halted(why, then, section)

    def not_kept(self, error: OSError | HaltError, failures: int) -> bool:
        """Dead letters could not be kept: halt, and wait. False if it is not to be tried again.

        Whoever calls this has a part under way, so no other begins until `over`.
        """
        if self._patience.attempts is not None:
            self._give_up(error)
            return False
        with self._lock:
            self.round += 1
        wait = halt(failures) if isinstance(error, HaltError) else back_off(failures)
        self._outbox.hold(wait, then_one_only=True)
        self._outage.halted(
            f"its dead letters cannot be kept: {reason(error)}",
            "nothing is sent until they can; it is tried again",
            "halted-dead-letters",
        )
        return self._outbox.sleep(wait)
