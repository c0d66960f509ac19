"""The wheel works in an empty environment on each Python that it names, without extras, with each, and with all."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

import acctship
from tests.packages.building import TOOLS
from tests.packages.pythons import python
from tests.packages.test_dist import PROJECT
from tests.paths import ROOT

VERSIONS = sorted(
    found[1] for one in PROJECT["classifiers"] if (found := re.fullmatch(r"Programming Language .* (3\.\d+)", one))
)
EXTRAS = ["", *sorted(set(PROJECT["optional-dependencies"]) - {"docs", "release", "test"})]
PACCT = ROOT / "examples/pacct"
TYPES = ("elasticsearch", "fluentd", "jsonl", "splunk_hec", "syslog")
# An output, by the extra that brings its library, and a table for it.
OUTPUTS = {
    "elasticsearch": 'type = "elasticsearch"\nurl = "http://127.0.0.1:9"\n',
    "fluentd": 'type = "fluentd"\naddress = "127.0.0.1:9"\n',
    "splunk": 'type = "splunk_hec"\nurl = "http://127.0.0.1:9"\ntoken = { env = "TOKEN" }\n',
}
BESIDES = {"splunk": {"elasticsearch"}}  # Elastic's client, too, is built on urllib3
# What else an extra brings, by what then imports.
MODULES = {"metrics": "prometheus_client", "zstd": "backports.zstd"}


@pytest.fixture(params=VERSIONS, scope="module")
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("extra", EXTRAS, ids=lambda extra: extra or "no extra")
def test_it_works(wheel: Path, version: str, extra: str, tmp_path: Path) -> None:
    there = install(wheel, python(version), extra, tmp_path / "environment")
    config = tmp_path / "acctship.toml"

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        command = [there / "bin/acctship", *arguments]
        environment = {"PATH": "/usr/bin:/bin", "TOKEN": "secret", "HOME": str(tmp_path)}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)

    assert run("--version").stdout == f"acctship {acctship.__version__}\n"
    shipped = run("run", "--once", "-f", PACCT)
    assert (shipped.returncode, len(shipped.stdout.splitlines())) == (0, 92), shipped.stderr
    listed = run("outputs", "list")
    assert [line.split()[0] for line in listed.stdout.splitlines()[1:]] == list(TYPES)
    assert listed.stderr == ""
    for name, table in OUTPUTS.items():
        config.write_text(f"[outputs.siem]\n{table}")
        done = run("check", "--offline", config)
        if extra in {name, "all", *BESIDES.get(name, ())}:
            assert done.returncode == 0, done.stdout + done.stderr
        else:
            assert f"pip install 'acctship[{name}]'" in done.stdout + done.stderr
            assert done.returncode == 3
    for name, module in MODULES.items():
        brought = subprocess.run([there / "bin/python", "-c", f"import {module}"], capture_output=True, check=False)
        assert (brought.returncode == 0) == (extra in {name, "all"})
    assert (there / "share/man/man1/acctship.1").exists()


def install(wheel: Path, interpreter: Path, extra: str, there: Path) -> Path:
    """An environment with nothing in it but the wheel, and what it brings."""
    source = f"{wheel}[{extra}]" if extra else str(wheel)
    commands: tuple[list[str | Path], ...] = (
        ["venv", "--quiet", "--python", interpreter, there],
        ["pip", "install", "--quiet", "--strict", "--python", there / "bin/python", source],
        ["pip", "check", "--quiet", "--python", there / "bin/python"],
    )
    for command in commands:
        done = subprocess.run(
            [TOOLS / "uv", *command],
            env=os.environ | {"UV_PYTHON_DOWNLOADS": "never"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout
    return there
