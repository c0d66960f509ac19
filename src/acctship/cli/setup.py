"""`acctship setup`: commands that plugins bring to prepare a receiver."""

from __future__ import annotations

import click

from acctship import plugins
from acctship.cli.terminal import say
from acctship.errors import PluginError
from acctship.output import SetupSpec


class Setups(click.Group):
    """Finds the commands in the plugins, and imports one when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002, D102 - click's
        return sorted(_setups())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002, D102 - click's
        spec = _setups().get(cmd_name)
        if spec is None:
            return None
        try:
            return spec.load()
        except ImportError as error:
            raise PluginError(f"setup {cmd_name}: a library is missing: {error}") from None
        except Exception as error:
            raise PluginError(f"setup {cmd_name} is broken: {type(error).__name__}: {error}") from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002, D102 - click's
        rows = sorted((spec.name, spec.summary) for spec in _setups().values())
        with formatter.section("Commands"):
            formatter.write_dl(rows or [("(none)", "No plugin that is installed brings one.")])


@click.group("setup", cls=Setups)
def command() -> None:
    """Prepare a receiver, with commands that plugins bring."""


def _setups() -> dict[str, SetupSpec]:
    found, broken = plugins.find_all()
    for error in broken:
        say(str(error))
    setups: dict[str, tuple[SetupSpec, str]] = {}
    for _, plugin in found:
        for spec in plugin.setups:
            _, package = setups.setdefault(spec.name, (spec, plugin.package))
            if package != plugin.package:  # the same one again is a module behind two entry points
                raise PluginError(
                    f"setup {spec.name!r} is brought by {package} and {plugin.package}: uninstall all but one"
                )
    return {name: spec for name, (spec, _) in setups.items()}
