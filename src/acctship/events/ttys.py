"""Names of controlling terminals from the 16 bits that the kernel keeps of a device number.

Source: Linux `Documentation/admin-guide/devices.txt`; `old_encode_dev` in `include/linux/kdev_t.h`.
"""

from __future__ import annotations

PTS_FIRST, PTS_END = 0x8800, 0x9000
"""Majors 136 to 143 are all Unix98 terminals: pts/N is recorded as 0x8800 + N, and N above 2047 aliases."""

_NAMES = {4: "tty", 22: "ttyD", 166: "ttyACM", 172: "ttyMX", 188: "ttyUSB", 229: "hvc"}
_SINGLE = {(5, 0): "tty", (5, 1): "console", (5, 2): "ptmx"}


def tty_device(recorded: int) -> tuple[int, int]:
    """Major and minor number of the device.

    >>> tty_device(0x8800 + 300)
    (136, 300)
    """
    if PTS_FIRST <= recorded < PTS_END:
        return 136, recorded - PTS_FIRST
    return recorded >> 8, recorded & 0xFF


def tty_name(recorded: int) -> str | None:
    """Name of the device below /dev; None for no terminal (0), and for a device of no well-known name.

    >>> tty_name(0x8802), tty_name(0x0440), tty_name(0)
    ('pts/2', 'ttyS0', None)
    """
    major, minor = tty_device(recorded)
    if major == 136:
        return f"pts/{minor}"
    if (major, minor) in _SINGLE:
        return _SINGLE[major, minor]
    if major == 4 and minor >= 64:
        return f"ttyS{minor - 64}"
    if major == 204 and minor >= 64:
        return f"ttyAMA{minor - 64}"
    if major in _NAMES:
        return f"{_NAMES[major]}{minor}"
    return None


def tty_text(recorded: int) -> str:
    """Name of a terminal, `__` for none, its numbers where it has no well-known name.

    >>> tty_text(0), tty_text(0x8803), tty_text(0xFF01)
    ('__', 'pts/3', '[255,1]')
    """
    if recorded == 0:
        return "__"
    return tty_name(recorded) or "[{},{}]".format(*tty_device(recorded))
