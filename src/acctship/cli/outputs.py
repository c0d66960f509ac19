"""`acctship outputs`: what can be shipped to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from acctship import config, plugins
from acctship.cli.options import config_option
from acctship.cli.terminal import say, write, write_table
from acctship.delivery.keeping.state import State
from acctship.deployed import HostKeys
from acctship.errors import ConfigError
from acctship.events.identity import this_machine
from acctship.keys import Key, keys
from acctship.output import Delivery, OutputConfig


@click.group("outputs")
def command() -> None:
    """List the outputs, show one, or forget one."""


@command.command("list")
@config_option
def list_outputs(config_path: Path | None) -> int:
    """List the outputs that are installed, with the package that brings each; then those that are in use.

    One that has left the configuration is orphaned: it holds nothing back, and `acctship outputs forget` ends it. A
    plugin that is broken is named on standard error, and the exit code is 1.
    """
    found, broken = plugins.find_all()
    rows = [(one.spec.name, one.plugin.package, one.spec.summary) for one in found]
    write_table(rows, ("TYPE", "PACKAGE", "SUMMARY"))
    for error in broken:
        say(str(error))
    settings = config.load(config_path)
    configured = settings.output_types()
    in_use = [(name, kind, "configured") for name, kind in configured.items()]
    in_use += [(name, "", "orphaned") for name in _known(settings) if name not in configured]
    if in_use:
        write(b"\n")
        write_table(in_use, ("OUTPUT", "TYPE", "STATE"))
    return 1 if broken else 0


@command.command("forget")
@config_option
@click.argument("name")
@click.option("--with-dead-letters", is_flag=True, help="Also if there are events that its receiver would not take.")
def forget(config_path: Path | None, name: str, *, with_dead_letters: bool) -> None:
    """Remove what the state folder keeps of an output that has left the configuration: its cursor, its dead letters.

    If it comes back, it begins as a new one does.
    """
    settings = config.load(config_path)
    if name in settings.output_types():
        raise ConfigError(f"outputs.{name}: is in the configuration: take it out first, and have acctship read it anew")
    state_beside_daemon(settings).forget(name, with_dead_letters=with_dead_letters)


def _complete_names(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    return [name for name in plugins.names() if name.startswith(incomplete)]


@command.command("show")
@click.argument("name", shell_complete=_complete_names)
def show(name: str) -> None:
    """Show the configuration keys and the limits of one output.

    \b
    acctship outputs show jsonl
    """
    spec, plugin = plugins.find(name)
    write(f'{spec.name}: {spec.summary}\nPackage: {plugin.package}\n\n[outputs.NAME]\ntype = "{spec.name}"\n'.encode())
    host = [key for key in keys(HostKeys) if key.name in ("where", "omit", "start")]
    _write_keys([*keys(spec.config), *host])
    write(b"\n[outputs.NAME.delivery]\n")
    _write_keys([_with_default(key, spec.config) for key in keys(Delivery)])


def state_beside_daemon(settings: config.Config) -> State:
    """The state folder without its lock: a daemon that runs writes nothing of an output that it does not ship to.

    Raises:
        StateError: the folder cannot be used: missing, foreign or damaged.
    """
    return State.open(Path(settings.state.directory), this_machine(), accept_loss=False, lock=False)


def _known(settings: config.Config) -> Sequence[str]:
    """Outputs that the state folder knows; none if there is no such folder yet."""
    return state_beside_daemon(settings).outputs if Path(settings.state.directory).exists() else ()


def _write_keys(rows: list[Key]) -> None:
    write(b"\n")
    write_table([tuple(row) for row in rows], ("KEY", "TYPE", "DEFAULT", "MEANING"))


def _with_default(key: Key, config: type[OutputConfig]) -> Key:
    """A limit of `Delivery` as this output sets it, if that does not depend on its keys."""
    required = [one.name for one in keys(config) if one.default == "required"]
    try:
        limits = config(**dict.fromkeys(required)).delivery()
        value = getattr(limits, key.name)
    except (Exception, SystemExit):  # noqa: BLE001 - a plugin's delivery() may do anything with a key that is None
        return key._replace(default="depends on the keys above")
    return key._replace(default=f"{value}")
