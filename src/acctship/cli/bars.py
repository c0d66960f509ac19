"""A summary as a table with bars, on a terminal."""

from __future__ import annotations

from acctship.cli.terminal import coloured, write
from acctship.reports.keys import By
from acctship.reports.own_rows import HEADINGS, figures
from acctship.reports.summary import Rows

BAR, NAME = 10, 16
"""Columns of a terminal: for a bar, and for a name at least."""
DISPENSABLE = ("user s", "system s", "p99 s", "p50 s", "failed")
"""What gives way, in this order, on a terminal that is not wide enough."""


def write_bars(rows: Rows, by: By) -> None:
    """Write a table to standard output: our own columns, and a bar for each row's share of the CPU time."""
    from rich.bar import Bar  # noqa: PLC0415 - needed on a terminal only
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    colour = coloured(1)
    console = Console(force_terminal=colour, no_color=not colour)
    cpu = rows.cpu()
    whole = cpu.sum() or 1
    numbers = dict(zip(HEADINGS, zip(*figures(rows), strict=True), strict=True))
    widths = {heading: 1 + max(map(len, (heading, *cells))) for heading, cells in numbers.items()}
    for heading in DISPENSABLE:
        if NAME + 1 + BAR + 1 + len("100.0%") + sum(widths.values()) > console.width:
            del numbers[heading], widths[heading]

    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    table.add_column(by, min_width=NAME, overflow="fold")
    table.add_column("CPU", width=BAR)
    for heading in ("", *numbers):
        table.add_column(heading, justify="right", no_wrap=True)
    cells = zip(*numbers.values(), strict=True)
    for label, used, row in zip(rows.labels, cpu.tolist(), cells, strict=True):
        bar = Bar(whole, 0, used, width=BAR, color="cyan")
        table.add_row(Text(label.text()), bar, f"{used / whole:.1%}", *row)
    with console.capture() as shown:
        console.print(table)
    write(shown.get().encode("utf-8", "backslashreplace"))
