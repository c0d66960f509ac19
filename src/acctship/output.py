"""The contract of an output: what a plugin gives, what it gets, and what it answers.

A plugin is a package with an entry point in group `acctship`, named like its output type, that names a module with
the hook `acctship_outputs` (see `acctship.hookspecs`). `docs/tutorial.md` builds one; `docs/plugins.md` is the
reference.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Literal, Protocol, runtime_checkable

from msgspec import Meta, Struct

from acctship.events.batch import EventBatch

if TYPE_CHECKING:
    import click

Guarantee = Literal["acknowledged", "written", "best-effort"]
"""What it means that `send` returned: the receiver said it has the events; they were handed over in full; or no more
than that they were sent."""

RESERVED_KEYS = ("type", "where", "omit", "start", "delivery")
"""Keys of an output's table that belong to acctship; no plugin's `Config` may have them."""

Positive = Annotated[int, Meta(ge=1)]
Seconds = Annotated[float, Meta(gt=0, le=86_400)]


class Delivery(Struct, frozen=True, kw_only=True):
    """Guarantee and limits of one output: the plugin's, overridden by the site in `[outputs.NAME.delivery]`."""

    guarantee: Annotated[Guarantee, Meta(description="What a returned `send` means; a site cannot override it")] = (
        "written"
    )
    in_flight: Annotated[Positive, Meta(le=64, description="Threads that call `send` at the same time")] = 1
    batch_events: Annotated[Positive, Meta(description="Most events in one `send`")] = 2000
    batch_bytes: Annotated[
        Positive, Meta(description="Most bytes in one `send`, counted as JSON; a larger event goes alone")
    ] = 1_000_000
    linger: Annotated[
        float,
        Meta(
            ge=0, le=86_400, description="How long an event may wait for others to fill a batch, while following a file"
        ),
    ] = 1.0
    splay: Annotated[
        float,
        Meta(
            ge=0,
            le=86_400,
            description="When the daemon starts, wait a random time up to this before the output is first opened: "
            "machines that start together do not connect together",
        ),
    ] = 0.0
    timeout: Annotated[
        Seconds, Meta(description="How long `open` or `send` may take before the output is given up and built anew")
    ] = 60.0


class SendResult(Struct, frozen=True):
    """What became of a batch. All events that it does not list were delivered.

    Attributes:
        rejected: position in the batch and reason of each event that the receiver will never take.
        retry: positions of events to send again.
        pause: seconds to wait before the next batch, because the receiver asks for less.
    """

    rejected: Mapping[int, str] = {}
    retry: Sequence[int] = ()
    pause: float = 0.0


class Output(Protocol):
    """One connection to a receiver. Its methods may block; `acctship` calls them from threads of its own."""

    def open(self) -> None:
        """Get ready to send. Called once, before the first `send`.

        Read certificates, keys and secrets here or in `send`, wherever you connect: never before.

        Raises:
            RetryableError: not now; any OSError means the same.
            HaltError: not with this configuration. So does the ConfigError of a secret that cannot be read.
        """
        return

    def send(self, batch: EventBatch, /) -> SendResult:
        """Deliver a batch: return when the guarantee holds, raise if nothing of it is acknowledged.

        Called from `in_flight` threads at once. After a RetryableError or a TooLargeError it is called again: connect
        anew by itself, and read again what you connect with. After any other exception, also an OSError, this object is
        closed, and another one built and opened: secrets, certificates and keys that were replaced are in force.

        Raises:
            RetryableError: nothing was taken, the same batch may be later; any OSError means the same.
            HaltError: the set-up is wrong, and no event will be taken until a person mends it. So does the ConfigError
                of a secret that cannot be read.
            TooLargeError: the receiver wants a smaller batch.
        """

    def close(self) -> None:
        """Let go of everything. Called once, from any thread, even while `send` runs."""
        return


@runtime_checkable
class CheckedOutput(Output, Protocol):
    """An output that `acctship check` can ask; `check` may be left out."""

    def check(self) -> str:
        """Reach the receiver, and see that it would let us in and that the target exists, without sending an event.

        Called instead of `open` and `send`, with their time limit; `close` is called afterwards. It changes nothing: no
        event, no new file, no new index.

        Returns:
            what was found, as a line for people; say in it what could not be found out this way.

        Raises:
            Exception: what `open` or `send` would raise.
        """
        return ""


class OutputConfig(Struct, kw_only=True, forbid_unknown_fields=True):
    """What a site configures for one output, as fields with types; a plugin's own inherits from this.

    Each field is a key in `[outputs.NAME]`. Describe it with `msgspec.Meta(description=...)`: `acctship outputs show`
    prints that. Types are checked before `output` is called; secrets are fields of type `Secret`.
    """

    def delivery(self) -> Delivery:
        """Guarantee and limits of this output; may depend on the fields."""
        return Delivery()

    def output(self, limits: Delivery, /) -> Output:
        """Build the output, without touching the network. Import client libraries here, not at the top.

        Args:
            limits: of `delivery`, with what the site overrides.

        Raises:
            ConfigError: fields contradict each other.
        """
        raise NotImplementedError


class OutputSpec(Struct, frozen=True):
    """One kind of output, as a plugin registers it.

    Attributes:
        name: what `type = "..."` says, and the name of the entry point.
        config: its fields.
        summary: one line for `acctship outputs list`.
        extra: extra of the plugin's package that installs its client library; empty if it needs none.
    """

    name: str
    config: type[OutputConfig]
    summary: str
    extra: str = ""


class SetupSpec(Struct, frozen=True):
    """A command `acctship setup NAME` that prepares a receiver.

    Attributes:
        name: NAME.
        load: imports and returns the command, when it is called.
        summary: one line for `acctship setup --help`.
    """

    name: str
    load: Callable[[], click.Command]
    summary: str
