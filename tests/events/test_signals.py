"""How a process ended, against what this system's wait(2) and signal(7) say."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from acctship.events.signals import exit_code, outcome, signal_name, signal_number


def test_every_wait_status_is_read_as_the_system_reads_it() -> None:
    for status in range(0x10000):
        if not os.WIFEXITED(status) and not os.WIFSIGNALED(status):
            continue  # no end of a process
        assert exit_code(status) == (os.WEXITSTATUS(status) if os.WIFEXITED(status) else None)
        assert signal_number(status) == (os.WTERMSIG(status) if os.WIFSIGNALED(status) else None)
        succeeded = os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0
        assert outcome(status) == ("success" if succeeded else "failure")


def test_bits_above_the_sixteenth_do_not_reach_an_exit_code() -> None:
    assert exit_code(0xFFFF_0000) == 0
    assert exit_code(0xFFFF_FF00) == 255


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGUSR1])
def test_a_process_that_was_really_killed(number: signal.Signals) -> None:
    script = f"import os; os.kill(os.getpid(), {int(number)})"
    code = subprocess.run([sys.executable, "-S", "-c", script], check=False).returncode
    assert signal_name(-code) == number.name


def test_names_are_those_of_this_system() -> None:
    for number in range(1, 32):
        assert signal_name(number) in {"SIGSTKFLT" if number == 16 else signal.Signals(number).name, "SIGIO"}
    assert signal_name(int(signal.SIGIO)) == "SIGIO"
    assert signal_name(int(signal.SIGRTMIN)) == "SIGRTMIN"
    assert signal_name(int(signal.SIGRTMAX)) == "SIGRTMIN+30"


@pytest.mark.parametrize("number", [0, 32, 33, 65, 127, -1])
def test_numbers_without_a_name(number: int) -> None:
    assert signal_name(number) is None


def test_no_two_signals_share_a_name() -> None:
    names = [name for name in map(signal_name, range(128)) if name]
    assert len(names) == len(set(names)) == 31 + 31
