"""The daemon ships a file into a real rsyslog, and goes on where it was when the server comes back."""

from __future__ import annotations

from pathlib import Path

from tests.cli.service import Site, until
from tests.outputs.syslog.conftest import StartRsyslog
from tests.outputs.syslog.sending import parsed


def test_outage_of_the_server_loses_nothing_and_is_told(tmp_path: Path, rsyslog: StartRsyslog) -> None:
    server, site = rsyslog("relp"), Site(tmp_path)
    table = f'transport = "relp"\naddress = "{server.address("relp")}"\nstart = "oldest"\n'
    site.configure(f'[outputs.siem]\ntype = "syslog"\n{table}')

    def pids() -> list[int]:
        return [event["process"]["pid"] for event in parsed(server.messages()) if "process" in event]

    site.append(1, 1001)
    with site.run() as service:
        until(lambda: pids() == list(range(1, 1001)), "the server has what was there")
        server.kill()
        site.append(1001, 2001)
        until(lambda: len(site.health("output-unreachable")) == 1, "the other output is told")
        server.start()
        until(lambda: pids() == list(range(1, 2001)), "the server has all, once")
        until(lambda: len(site.health("output-unreachable")) == 2, "the other output is told of the end")
        assert service.stop()[0] == 0


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
