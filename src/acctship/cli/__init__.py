"""The command line. This module is all that `acctship --help` and completion load."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import NoReturn

import click

from acctship._version import __version__
from acctship.cli.terminal import say
from acctship.errors import AcctshipError, runbook

COMMANDS = {
    "accounting": "Switch the kernel's accounting on or off, rotate its file.",
    "check": "Check everything that shipping needs.",
    "deadletter": "List events that a receiver would not take, or send them again.",
    "decode": "Print accounting records as events.",
    "dump": "Print accounting records as dump-acct does.",
    "estimate": "Tell what shipping would cost a day, in events and bytes.",
    "lastcomm": "Show what was run, newest first: successor of lastcomm.",
    "outputs": "List the outputs, show one, or forget one.",
    "run": "Follow the accounting file into every output.",
    "schema": "Print the JSON Schema of events.",
    "setup": "Prepare a receiver, with commands that plugins bring.",
    "status": "Show how each output fares, and what is wrong.",
    "summary": "Sum up accounting records by command, user or hour.",
}
"""Each command's summary; it lives in `acctship.cli.NAME`, as `command`."""

SERVICES = ("accounting", "run")
"""Commands that units run: their errors end in where the runbook tells what to do."""

DEBUG = "acctship.debug"


class Commands(click.Group):
    """Imports a command when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002, D102 - click's
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002, D102 - click's
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"acctship.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002, D102 - click's
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _debug(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value:
        ctx.find_root().meta[DEBUG] = True


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", message="acctship %(version)s")
@click.option("--debug", is_flag=True, expose_value=False, callback=_debug, help="Show a traceback with an error.")
def group() -> None:
    """Ship the kernel's process accounting records, as ECS events, to your log pipeline.

    \b
    acctship decode | head -1           the first record, as JSON
    acctship run                        follow this system's file into the outputs of the configuration
    acctship run --once -f FILE         ship one file to them
    acctship outputs list               what can be shipped to

    Exit codes: 0 done, 1 the work failed, 2 wrong usage, 3 wrong configuration, 4 some input was skipped.
    """


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line and exit: the console script `acctship`."""
    _keep_standard_descriptors()
    # numpy's BLAS would start a thread for each core: 40 ms of CPU time, and nobody here multiplies matrices.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if "_ACCTSHIP_COMPLETE" in os.environ:
        group.main(prog_name="acctship")  # click answers the shell, and exits
    sys.exit(_run(sys.argv[1:] if arguments is None else arguments))


def _keep_standard_descriptors() -> None:
    """See that 0, 1 and 2 are taken, so that no file of ours becomes one of them; using them still fails."""
    for descriptor, mode in ((0, os.O_WRONLY), (1, os.O_RDONLY), (2, os.O_RDONLY)):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, mode)  # takes the lowest free number: this one


def _run(arguments: list[str]) -> int:
    debug = False
    try:
        with group.make_context("acctship", arguments) as ctx:
            try:
                return int(group.invoke(ctx) or 0)
            except BaseException as error:
                debug = DEBUG in ctx.meta
                if isinstance(error, AcctshipError) and ctx.invoked_subcommand in SERVICES:
                    error.add_note(runbook(error.section))
                raise
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except AcctshipError as error:
        notes = "".join(f" ({note})" for note in getattr(error, "__notes__", ()))
        return _failed(error, f"{error}{notes}", error.exit_code, debug=debug)
    except (KeyboardInterrupt, click.Abort):
        say("interrupted")
        return 130
    except OSError as error:
        return _failed(error, f"{error.filename or 'standard output'}: {error.strerror or error}", 1, debug=debug)
    except Exception as error:  # noqa: BLE001 - the last line of defence: never a traceback unless asked for
        reason = f"{type(error).__name__}: {error}"
        return _failed(
            error, f"a bug in acctship: {reason}; please report it with the output of --debug", 1, debug=debug
        )


def _failed(error: BaseException, message: str, code: int, *, debug: bool) -> int:
    if debug:
        import traceback  # noqa: PLC0415 - needed now only

        traceback.print_exception(error)
    say(message)
    return code
