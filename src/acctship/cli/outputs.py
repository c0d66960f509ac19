"""`acctship outputs`: what can be shipped to."""

from __future__ import annotations

import click

from acctship import plugins
from acctship.cli.terminal import say, write, write_table
from acctship.deployed import HostKeys
from acctship.keys import Key, keys
from acctship.output import Delivery, OutputConfig


@click.group("outputs")
def command() -> None:
    """List the outputs that are installed, or show one."""


@command.command("list")
def list_outputs() -> int:
    """List the outputs that are installed, with the package that brings each.

    A plugin that is broken is named on standard error, and the exit code is 1.
    """
    found, broken = plugins.find_all()
    rows = [(one.spec.name, one.plugin.package, one.spec.summary) for one in found]
    write_table(rows, ("TYPE", "PACKAGE", "SUMMARY"))
    for error in broken:
        say(str(error))
    return 1 if broken else 0


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


def _write_keys(rows: list[Key]) -> None:
    write(b"\n")
    write_table([tuple(row) for row in rows], ("KEY", "TYPE", "DEFAULT", "MEANING"))


def _with_default(key: Key, config: type[OutputConfig]) -> Key:
    """A limit of `Delivery` as this output sets it, if that does not depend on its keys."""
    required = [one.name for one in keys(config) if one.default == "required"]
    try:
        limits = config(**dict.fromkeys(required)).delivery()
    except Exception:  # noqa: BLE001 - a plugin's delivery() may do anything with a key that is None
        return key._replace(default="depends on the keys above")
    return key._replace(default=f"{getattr(limits, key.name)}")
