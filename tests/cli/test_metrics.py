"""Prometheus metrics: over HTTP from a real daemon, and as a text file; names and texts keep to the conventions."""

from __future__ import annotations

import json
import re
import signal
import socket
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from acctship.cli import metrics_server
from acctship.cli.metrics import METRICS
from acctship.cli.telling import parse_address
from tests.cli.command import acctship
from tests.cli.service import Service, Site, until

Samples = dict[tuple[str, str], float]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = Site(tmp_path)
    site.append(1, 6)
    return site


@contextmanager
def serving(site: Site, *arguments: str) -> Iterator[tuple[Service, str]]:
    """A daemon, and the URL of its metrics."""
    with site.run("--metrics", "0", *arguments) as service:
        assert service.process.stderr is not None
        found = re.search(r"http://\S+", service.process.stderr.readline())
        assert found is not None
        yield service, found[0]


def scrape(url: str) -> str:
    with urllib.request.urlopen(url, timeout=20) as answer:
        text: str = answer.read().decode()
    return text


def samples(text: str) -> Samples:
    """Values by name and output."""
    families = text_string_to_metric_families(text)
    return {(one.name, one.labels.get("output", "")): one.value for family in families for one in family.samples}


def delivered(url: str) -> float:
    return samples(scrape(url)).get(("acctship_events_delivered_total", "copy"), 0)


def test_daemon_serves_what_it_says_in_its_status(site: Site) -> None:
    with serving(site) as (_, url):
        assert url.startswith("http://127.0.0.1:")
        until(lambda: delivered(url) >= 5, "the records")
        until(lambda: samples(scrape(url))["acctship_output_lag_seconds", "copy"] == 0, "the cursor moves behind them")
        found = samples(scrape(url))
        said = json.loads((site.state / "status.json").read_bytes())
        assert found["acctship_up", ""] == 1
        assert found["acctship_output_lag_seconds", "copy"] == 0
        assert found["acctship_start_time_seconds", ""] == said["started"]
        assert found["acctship_segments_held_bytes", ""] == site.path.stat().st_size
        assert not any(name.startswith(("python_", "process_")) for name, _ in found)


def test_metrics_go_on_when_the_configuration_is_read_anew(site: Site) -> None:
    with serving(site) as (service, url):
        until(lambda: delivered(url) >= 5, "the records")
        site.configure('[outputs.more]\ntype = "jsonl"\npath = "/dev/null"\n')
        service.signal(signal.SIGHUP)
        until(lambda: ("acctship_dead_letters", "more") in samples(scrape(url)), "the other output")


def test_client_that_says_nothing_keeps_nobody_waiting_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    assert metrics_server.ANSWER < 10, "Prometheus gives a scrape up after 10 s"
    monkeypatch.setattr(metrics_server.Handler, "timeout", 0.1)
    port = metrics_server.serve("127.0.0.1", 0, lambda: None)
    with socket.create_connection(("127.0.0.1", port)):
        assert scrape(f"http://127.0.0.1:{port}/metrics") == ""


def test_port_that_is_taken_is_said_before_anything_is_shipped(site: Site) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        done = acctship("run", "-c", site.config, "--metrics", str(other.getsockname()[1]))
    assert (done.code, "cannot be used: Address already in use" in done.error) == (1, True)
    assert not site.state.exists()


def test_text_file_is_whole_and_readable_for_the_collector(site: Site) -> None:
    path = site.folder / "acctship.prom"
    with serving(site) as (_, url):
        until(lambda: delivered(url) >= 5, "the records")
        done = acctship("status", "-c", site.config, "--metrics", path)
        assert (done.code, done.out, done.err) == (0, b"", "")
        assert samples(path.read_text())["acctship_up", ""] == 1
    assert path.stat().st_mode & 0o777 == 0o644
    assert acctship("status", "-c", site.config, "--metrics", path).code == 0
    found = samples(path.read_text())
    assert found["acctship_up", ""] == 0
    assert found["acctship_output_lag_records", "copy"] == 0
    assert not list(site.folder.glob(".*.new"))


def test_text_file_that_cannot_be_written_is_said(site: Site) -> None:
    acctship("run", "--once", "-c", site.config)
    done = acctship("status", "-c", site.config, "--metrics", site.folder / "no/such/acctship.prom")
    assert (done.code, "cannot be written: No such file or directory" in done.error) == (1, True)


@pytest.mark.parametrize("command", [("run", "--metrics", "0"), ("status", "--metrics", "-")])
def test_missing_library_is_named_with_what_to_type(site: Site, command: tuple[str, ...]) -> None:
    acctship("run", "--once", "-c", site.config)
    (site.folder / "prometheus_client.py").write_text("raise ModuleNotFoundError('no prometheus_client')")
    done = acctship(*command, "-c", site.config, environment={"PYTHONPATH": str(site.folder)})
    assert done.code == 3
    assert "no prometheus_client: pip install 'acctship[metrics]'" in done.error


def test_library_is_loaded_only_where_metrics_are_asked_for(site: Site) -> None:
    (site.folder / "prometheus_client.py").write_text("raise ModuleNotFoundError('no prometheus_client')")
    assert acctship("run", "--once", "-c", site.config, environment={"PYTHONPATH": str(site.folder)}).code == 0
    assert acctship("status", "-c", site.config, environment={"PYTHONPATH": str(site.folder)}).err == ""


@pytest.mark.parametrize("wrong", ["", "x", "1:x", "70000", "1.2.3.4:", "-1"])
def test_address_that_is_none_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="is not"):
        parse_address(wrong)


def test_names_keep_to_the_conventions() -> None:
    names = [metric.name for metric in METRICS]
    assert len(set(names)) == len(names)
    for metric in METRICS:
        assert re.fullmatch(r"acctship_[a-z_]+", metric.name)
        assert metric.name.endswith("_total") == (metric.kind == "counter"), metric.name
        assert metric.meaning, metric.name


def test_command_line_with_an_address_that_is_none_is_refused(site: Site) -> None:
    done = acctship("run", "-c", site.config, "--metrics", "nowhere")
    assert (done.code, "'nowhere' is not [ADDRESS:]PORT" in done.err) == (2, True)
