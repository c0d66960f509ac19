"""The options that `acctship summary` has from GNU's sa: what its rows show, and in which order they come."""

from __future__ import annotations

from typing import Any

import click

from acctship.cli.options import Command
from acctship.reports.order import Sort
from acctship.reports.sa_rows import Style

_SORTS = "acctship.sorts"


def _note_sort(ctx: click.Context, param: click.Parameter, value: bool) -> bool:
    """Remember the sort options that are given, in the order of the command line, in which click calls this."""
    if value:
        ctx.meta.setdefault(_SORTS, []).append(param.name)
    return value


def _sort(*names: str, help: str) -> Any:  # noqa: A002 - click's word
    return click.option(*names, is_flag=True, callback=_note_sort, help=help)


def _flag(*names: str, help: str) -> Any:  # noqa: A002 - click's word
    return click.option(*names, is_flag=True, help=help)


_SORT_OF: dict[str, Sort] = {
    "sort_sys_user_div_calls": "cpu per call",
    "sort_avio": "io per call",
    "sort_tio": "io",
    "sort_cpu_avmem": "memory",
    "sort_ksec": "k*sec",
    "sort_num_calls": "calls",
    "sort_real_time": "real",
}

_OPTIONS = (
    _flag("-a", "--list-all-names", help="Put no names together as ***other."),
    click.option(
        "-v",
        "--threshold",
        type=click.IntRange(min=1),
        metavar="N",
        help="Put commands that ran N times or less together as **junk**.",
    ),
    _flag("-m", "--user-summary", help="Rows are users."),
    _flag("--group-summary", help="Rows are groups."),
    _flag("-u", "--print-users", help="A row for each record, in order: user, CPU, size, I/O, command."),
    _flag("--percentages", help="Percentages of calls and times, too."),
    _flag("-j", "--print-seconds", help="Seconds a call instead of minutes in all."),
    _flag("-l", "--separate-times", help="User and system time apart."),
    _flag("-t", "--print-ratio", help="Ratio of real to CPU time, too."),
    _flag("-p", "--show-paging", help="Page faults and swaps instead of I/O and memory."),
    _flag("-P", "--show-paging-avg", help="Page faults and swaps a call."),
    _sort("-b", "--sort-sys-user-div-calls", help="Sort by CPU time a call."),
    _sort("-d", "--sort-avio", help="Sort by I/O a call."),
    _sort("-D", "--sort-tio", help="Sort by I/O in all, and show it."),
    _sort("-k", "--sort-cpu-avmem", help="Sort by memory."),
    _sort("-K", "--sort-ksec", help="Sort by memory times CPU time, and show it."),
    _sort("-n", "--sort-num-calls", help="Sort by the number of calls."),
    _sort("--sort-real-time", help="Sort by elapsed time."),
    _flag("-r", "--reverse-sort", help="Lowest first."),
    _flag("-i", "--dont-read-summary-files", help="Changes nothing: there are no summary files."),
    _flag("--not-interactive", help="Changes nothing: --threshold never asks."),
    _flag("--separate-forks", help="Changes nothing: forks have rows of their own."),
    _flag("-s", "--merge", help="Refused: there are no summary files, and accounting files are never cut."),
    click.option("--other-acct-file", "more_files", multiple=True, metavar="FILE", help="The same as --file."),
    click.option("--other-savacct-file", hidden=True),
    click.option("--other-usracct-file", hidden=True),
)

_ROWS_ONLY = {
    "list_all_names": "--list-all-names",
    "threshold": "--threshold",
    "user_summary": "--user-summary",
    "group_summary": "--group-summary",
    "print_users": "--print-users",
    "percentages": "--percentages",
    "print_seconds": "--print-seconds",
    "separate_times": "--separate-times",
    "print_ratio": "--print-ratio",
    "show_paging": "--show-paging",
    "show_paging_avg": "--show-paging-avg",
}
"""What only sa's own rows have a meaning for."""


def sa_options(command: Command) -> Command:
    """Add sa's options; the command gets them as keyword arguments for the functions below, and `more_files`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def rows_only(options: dict[str, Any]) -> list[str]:
    """The options given that ask for sa's rows."""
    return [name for key, name in _ROWS_ONLY.items() if options[key]]


def check(options: dict[str, Any]) -> None:
    """Refuse what cannot be.

    Raises:
        UsageError: there are no summary files; or options exclude each other.
    """
    if options["merge"] or options["other_savacct_file"] or options["other_usracct_file"]:
        raise click.UsageError(
            "acctship keeps no summary files (savacct, usracct), and cuts no accounting file: leave out --merge, "
            "--other-savacct-file and --other-usracct-file, and name rotated files, too."
        )
    whole = [name for name in ("--user-summary", "--group-summary", "--print-users") if name in rows_only(options)]
    if len(whole) > 1:
        raise click.UsageError(f"{' and '.join(whole)} exclude each other.")


def style(options: dict[str, Any]) -> Style:
    """Which columns sa's rows have."""
    paging = "mean" if options["show_paging_avg"] else "total" if options["show_paging"] else "no"
    return Style(
        percentages=options["percentages"],
        separate_times=options["separate_times"],
        ratio=options["print_ratio"],
        seconds=options["print_seconds"],
        total_io=options["sort_tio"],
        integral=options["sort_ksec"],
        paging=paging,  # type: ignore[arg-type]  # mypy widens the three words to str
        users=options["user_summary"] or options["group_summary"],
    )


def sort() -> Sort:
    """What counts in the order of rows: the last sort option of the command line says it."""
    given = click.get_current_context().meta.get(_SORTS)
    return _SORT_OF[given[-1]] if given else "cpu"
