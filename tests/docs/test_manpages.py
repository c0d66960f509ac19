"""The manual pages are those of the commands, and a formatter can read them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from acctship.cli import COMMANDS
from tests.docs.manpages import pages
from tests.paths import ROOT

MAN = ROOT / "man"
SECTIONS = ["NAME", "SYNOPSIS", "DESCRIPTION", "EXAMPLES", "COMMANDS", "OPTIONS", "EXIT STATUS", "SEE ALSO"]
MAY_LACK = {"EXAMPLES", "COMMANDS"}
REQUESTS = (".TH ", ".SH ", ".TP", ".PP", ".nf", ".fi", '.\\" ')
ESCAPE = re.compile(r"\\(?:[e&:-]|\(aq|\(ga|\(ha|\(ti|f[BIR])")


@pytest.mark.parametrize("name", pages())
def test_page_is_what_the_command_says(name: str, golden: Callable[[Path, str], None]) -> None:
    golden(MAN / name, pages()[name])


def test_every_command_has_a_page_and_every_page_a_command() -> None:
    assert {path.name for path in MAN.iterdir()} == set(pages())
    assert {"acctship.1", *(f"acctship-{name}.1" for name in COMMANDS)} <= set(pages())


@pytest.mark.parametrize("name", pages())
def test_page_has_its_sections_in_order(name: str) -> None:
    sections = re.findall(r"^\.SH (.*)$", pages()[name], re.MULTILINE)
    assert [section for section in SECTIONS if section in sections] == sections
    assert set(SECTIONS) - set(sections) <= MAY_LACK


@pytest.mark.parametrize("name", pages())
def test_page_holds_nothing_that_a_formatter_takes_for_a_request(name: str) -> None:
    page = pages()[name]
    assert page.isascii()
    for line in page.splitlines():
        assert not line.startswith("'")
        assert not line.startswith(".") or line.startswith(REQUESTS), line
        if not line.startswith('.\\"'):
            assert "\\" not in ESCAPE.sub("", line), line
            assert line.count(r"\fB") + line.count(r"\fI") == line.count(r"\fR")


def test_examples_stay_as_they_are() -> None:
    examples = pages()["acctship-dump.1"].partition(".SH EXAMPLES\n.nf\n")[2].partition("\n.fi")[0]
    assert examples.splitlines()[0] == r"acctship dump pacct.1 | awk \-F\(aq|\(aq \(aq$13 != 0\(aq    what failed"
    assert r"\x3d1" in pages()["acctship-decode.1"].replace(r"\e", "\\")
