"""`acctship deadletter`: events that a receiver would not take."""

from __future__ import annotations

from pathlib import Path

import click

from acctship import config
from acctship.cli.options import config_option
from acctship.cli.outputs import state_beside_daemon
from acctship.cli.terminal import say, write_table
from acctship.delivery.replay import replay
from acctship.errors import ConfigError


@click.group("deadletter")
def command() -> None:
    """List or send again the events that a receiver would not take.

    They are kept in the state folder, in `deadletter/OUTPUT.jsonl`, one JSON object a line with time, reason and event.
    """


@command.command("list")
@config_option
@click.argument("outputs", nargs=-1, metavar="[OUTPUT]...")
def list_letters(config_path: Path | None, outputs: tuple[str, ...]) -> int:
    """List the dead letters of all outputs, or of some: when, which event, why.

    \b
    acctship deadletter list
    acctship deadletter list siem
    """
    state = state_beside_daemon(config.load(config_path))
    rows = [
        (name, letter.time, event_id, letter.reason)
        for name in outputs or state.outputs
        for event_id, letter in state.dead_letters(name).read()
    ]
    write_table(rows, ("OUTPUT", "TIME", "EVENT", "REASON"))
    return 0


@command.command("replay")
@config_option
@click.argument("output")
def replay_letters(config_path: Path | None, output: str) -> int:
    """Send the dead letters of one output again, also while the daemon runs.

    What is delivered now leaves the dead letters; what is rejected again, or not taken, stays. Each event keeps its id.

    \b
    acctship deadletter replay siem
    """
    settings = config.load(config_path)
    deployed = next((one for one in settings.outputs() if one.name == output), None)
    if deployed is None:
        raise ConfigError(f"outputs.{output}: is not in the configuration: its dead letters have nowhere to go")
    letters = state_beside_daemon(settings).dead_letters(output)
    result = replay(
        deployed,
        letters,
        lambda event_id, why: say(f"outputs.{output}: event {event_id} was rejected again: {why}"),
        lambda notice: say(notice.message),
    )
    say(
        f"outputs.{output}: {result.delivered} dead letters delivered, {result.rejected} rejected again, "
        f"{result.undelivered} not sent" + (f": {result.failure}" if result.failure else "")
    )
    return 0 if result.complete else 1
