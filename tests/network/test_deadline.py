"""Deadlines: over in time, and at once when the output is closed."""

from __future__ import annotations

import socket
import threading

import pytest

from acctship import RetryableError
from acctship.network.deadline import Deadline


def test_deadline_is_over_at_once_when_the_output_is_closed() -> None:
    closed = threading.Event()
    deadline = Deadline(3600, closed)
    assert deadline.left() > 0
    closed.set()
    with pytest.raises(RetryableError, match="closed before its turn came"):
        deadline.left()
    with socket.socket() as sock, pytest.raises(RetryableError, match="closed"):
        deadline.wait(sock, 0)


def test_deadline_that_is_over_is_an_error_that_can_be_tried_again() -> None:
    now = 0.0
    deadline = Deadline(8, threading.Event(), lambda: now)
    assert (deadline.left(), deadline.share(4).left(), deadline.at_most(1).left(), deadline.at_most(9).left()) == (
        8,
        2,
        1,
        8,
    )
    now = 8.0
    with pytest.raises(TimeoutError, match="no answer in 8 s"):
        deadline.left()
