"""`examples/prometheus/`: the alerts fire when they should, and name metrics that exist; by Prometheus's own tool."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from acctship.cli.metrics import METRICS
from tests.cli.command import acctship
from tests.cli.service import Site, until
from tests.conftest import skip
from tests.paths import EXAMPLES
from tests.programs import UnavailableError, promtool

FOLDER = EXAMPLES / "prometheus"
_NAME = re.compile(r"\bacctship_[a-z_]+\b")


@pytest.fixture(scope="session")
def tool() -> Path:
    try:
        return promtool()
    except UnavailableError as error:
        skip(f"promtool: {error}: install prometheus")


def ask(tool: Path, *arguments: str | Path, stdin: bytes = b"") -> str:
    done = subprocess.run([tool, *arguments], input=stdin, capture_output=True, cwd=FOLDER, check=False)
    said = (done.stdout + done.stderr).decode()
    assert done.returncode == 0, said
    return said


def test_promtool_takes_the_rules(tool: Path) -> None:
    assert "SUCCESS: 10 rules found" in ask(tool, "check", "rules", "--lint-fatal", "alerts.yml")


def test_promtool_takes_the_scrape_configuration(tool: Path) -> None:
    ask(tool, "check", "config", "--syntax-only", "scrape.yml")


def test_alerts_fire_when_they_should_and_not_before(tool: Path) -> None:
    assert "SUCCESS" in ask(tool, "test", "rules", "alerts_test.yml")


def test_every_alert_has_an_example_that_fires() -> None:
    alerts = set(re.findall(r"alert: (\w+)", (FOLDER / "alerts.yml").read_text()))
    tested = re.findall(
        r"alertname: (\w+)\n +eval_time: \w+\n +exp_alerts:\n", (FOLDER / "alerts_test.yml").read_text()
    )
    assert alerts == set(tested)


def test_alerts_name_metrics_that_exist() -> None:
    rules = "\n".join(line for line in (FOLDER / "alerts.yml").read_text().splitlines() if "#" not in line)
    named = set(_NAME.findall(rules))
    assert named
    assert named <= {metric.name for metric in METRICS}


def test_promtool_finds_nothing_to_say_of_our_metrics(tool: Path, tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.append(1, 4)
    with site.run():
        until(lambda: site.pids() == [1, 2, 3], "the records")
    metrics = acctship("status", "-c", site.config, "--metrics", "-").out
    assert b"acctship_events_delivered_total" in metrics
    assert ask(tool, "check", "metrics", stdin=metrics) == ""
