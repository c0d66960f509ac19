"""Runs as the first process of the inner of two pid namespaces, and does what it is told, a line at a time.

    account FILE             account to this file from now on; `account` alone switches accounting off
    storm FIRST END BURST    start a storm: nonceFIRST to nonce(END - 1) are born and end, one after the other
    wait                     until the storm is over
    stop                     let the storm end early, at once

Each is answered by `ok` when it is done. The end of the input ends the namespace, and with it every process in it.
"""

from __future__ import annotations

import os
import subprocess
import sys

from tests.kernel.inside import account

# A bare fork of the smallest shell is the cheapest process there is, and a process may write its own name to comm:
# 5,000 a second with dash on a core of 2026. The shell waits for each, so the order in which they ended is known;
# it obeys the signal behind that wait, so no child is left when it has ended.
STORM = """
trap exit TERM
i=$1
while [ $i -lt $2 ]; do
    (printf nonce$i >/proc/self/comm)
    i=$((i + 1))
    [ $((i % $3)) -ne 0 ] || sleep 0.1
done
"""


def main() -> None:
    storm: subprocess.Popen[bytes] | None = None
    print("ok", flush=True)
    for line in sys.stdin:
        command, _, argument = line.rstrip("\n").partition(" ")
        if command == "account":
            account(os.fsencode(argument) or None)
        elif command == "storm":
            storm = subprocess.Popen(["/bin/sh", "-c", STORM, "storm", *argument.split()], stdin=subprocess.DEVNULL)
        elif storm:
            if command == "stop":
                storm.terminate()
            storm.wait()
        print("ok", flush=True)


if __name__ == "__main__":
    main()
