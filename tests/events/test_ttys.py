"""Terminals from the 16 bits that are recorded of them."""

from __future__ import annotations

import os

import pytest

from acctship.events.ttys import tty_device, tty_name, tty_text


def test_every_pts_that_the_kernel_can_tell() -> None:
    for number in range(2048):
        assert tty_device(0x8800 + number) == (136, number)
        assert tty_name(0x8800 + number) == f"pts/{number}"


@pytest.mark.parametrize(
    ("major", "minor", "name"),
    [
        (4, 0, "tty0"),
        (4, 1, "tty1"),
        (4, 63, "tty63"),
        (4, 64, "ttyS0"),
        (4, 255, "ttyS191"),
        (5, 0, "tty"),
        (5, 1, "console"),
        (5, 2, "ptmx"),
        (5, 3, None),
        (188, 3, "ttyUSB3"),
        (166, 0, "ttyACM0"),
        (204, 64, "ttyAMA0"),
        (204, 63, None),
        (229, 0, "hvc0"),
        (135, 255, None),
        (144, 0, None),
        (0, 1, None),
        (255, 255, None),
    ],
)
def test_names_of_other_terminals(major: int, minor: int, name: str | None) -> None:
    assert tty_device(major << 8 | minor) == (major, minor)
    assert tty_name(major << 8 | minor) == name


def test_zero_is_no_terminal() -> None:
    assert tty_name(0) is None


def test_any_number_has_a_device_and_distinct_numbers_distinct_names() -> None:
    names = [name for name in map(tty_name, range(0x10000)) if name is not None]
    assert len(names) == len(set(names)) > 2048
    for recorded in range(0x10000):
        major, minor = tty_device(recorded)
        assert (major << 8) + minor == recorded


def test_this_machines_own_terminals_are_named_right() -> None:
    # /dev/console and /dev/tty are there even in a container.
    for name in ("tty", "console", "ptmx"):
        try:
            device = os.stat(f"/dev/{name}").st_rdev  # noqa: PTH116
        except FileNotFoundError:
            continue
        if os.major(device) == 5:  # in a container they may be pts in disguise
            assert tty_name(os.major(device) << 8 | os.minor(device)) == name


def test_the_text_of_a_terminal_says_none_and_numbers_where_there_is_no_name() -> None:
    assert [tty_text(tty) for tty in (0, 0x8FFF, 0x0501, 0xFFFF)] == ["__", "pts/2047", "console", "[255,255]"]
