"""The commands that documents tell people to type do what they say, on a machine of their own under a real systemd."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.docs.documents import DOCUMENTS, Block, blocks, name
from tests.examples.booted import Machine, booted
from tests.examples.shipping import FILES, shipped, storm

DOCUMENTED = {
    "README.md",
    "docs/accounting.md",
    "docs/commands.md",
    "docs/delivery.md",
    "docs/estimate.md",
    "docs/install.md",
    "docs/runbook.md",
    "docs/status.md",
}
HERE = "run by: tests/examples/test_documents.py"
BLOCKS = [block for document in DOCUMENTS for block in blocks(document) if block.remark == HERE]
CONFIGURATION = FILES["/etc/acctship/acctship.toml"].replace("outputs.copy", "outputs.siem")
STANDS_FOR = {
    ".venv/bin/acctship": "acctship",
    "-c acctship.toml": "-c /etc/acctship/acctship.toml",
    "-c siem.toml pacct.1 pacct": "-c /etc/acctship/acctship.toml /var/log/account/pacct",
    "FILE": "/opt/acctship/examples/pacct",
    "/var/log/audit/audit.log": "/run/audit.log",
}
FOR_EVER = re.compile(r"acctship run(?!.* --(once|drain))")
UNTIL_IT_RUNS = """
{line} > /run/output 2>&1 & daemon=$!
until acctship status --json | grep -Eq '"running": ?true'; do kill -0 $daemon; sleep 0.1; done
kill $daemon
wait $daemon
"""
AUDITED = "type=SYSCALL msg=audit(1700000000.123:1): arch=c000003e syscall=59 success=yes\n"


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """One that ships, with a record or two."""
    files = FILES | {"/etc/acctship/acctship.toml": CONFIGURATION, "/root/audit.log": AUDITED}
    with booted(tmp_path_factory.mktemp("machine"), files) as machine:
        machine.shell("cp /root/audit.log /run/audit.log; systemctl start acctship-accounting.service acctship.service")
        storm(machine, 0, 10)
        shipped(machine, 10)
        yield machine


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_every_line_does_its_work(machine: Machine, block: Block) -> None:
    lines = block.text.replace("\\\n", " ").splitlines()
    try:
        for line in filter(str.strip, lines):
            _type(machine, line)
    finally:
        machine.shell("acctship accounting on; systemctl start acctship.service")


def _type(machine: Machine, line: str) -> None:
    line = line.partition("  #")[0].strip()
    for text, other in STANDS_FOR.items():
        line = line.replace(text, other)
    if line.startswith("journalctl"):
        return  # there is no journal
    if not line.startswith("acctship run") or " -f " in line:
        machine.run("bash", "-ec", line)
        return
    machine.shell("systemctl stop acctship.service")
    line = f"setpriv --reuid acctship --regid acctship --init-groups {line}"
    machine.run("bash", "-ec", UNTIL_IT_RUNS.format(line=line) if FOR_EVER.search(line) else line)


def test_documents_are_those_that_are_known() -> None:
    assert {name(block.document) for block in BLOCKS} == DOCUMENTED
