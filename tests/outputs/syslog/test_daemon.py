"""The daemon ships a file into a real rsyslog, and says what it made shorter."""

from __future__ import annotations

from pathlib import Path

from tests.cli.service import Site, until
from tests.outputs.syslog.conftest import StartRsyslog


def test_events_that_went_without_optional_fields_are_counted_in_the_log(tmp_path: Path, rsyslog: StartRsyslog) -> None:
    server, site = rsyslog("tcp"), Site(tmp_path)
    table = f'transport = "tcp"\naddress = "{server.address("tcp")}"\nstart = "oldest"\nmax_message = 600\n'
    site.configure(f'[outputs.siem]\ntype = "syslog"\n{table}')
    site.append(1, 11)
    with site.run() as service:
        until(lambda: len(server.messages()) >= 10, "the server has them")
        code, said = service.stop()
    assert code == 0
    assert "events so far were longer than max_message and went without some optional fields" in said
