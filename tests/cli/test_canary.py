"""Who starts canaries: the daemon that follows this machine's own file for ever, if the configuration wants them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from acctship import ConfigError
from acctship.cli.daemon import Orders
from acctship.cli.sources import Origin

OUTPUT = '[outputs.copy]\ntype = "jsonl"\n'


def orders(folder: Path, canary: str = "") -> Orders:
    config = folder / "acctship.toml"
    config.write_text(f'[source]\npath = "{folder}/pacct"\n{canary}{OUTPUT}')
    return Orders(config, (), None, Origin(numeric=True), once=False, drain=False)


def test_every_thirty_seconds_and_not_shipped(tmp_path: Path) -> None:
    _, task = orders(tmp_path).task()
    assert (task.canary, task.ship_canaries) == (30.0, False)
    _, task = orders(tmp_path, '[canary]\ninterval = "5min"\nship = true\n').task()
    assert (task.canary, task.ship_canaries) == (300.0, True)


def test_none_where_they_would_prove_nothing(tmp_path: Path) -> None:
    wanted = orders(tmp_path)
    (tmp_path / "link").symlink_to("pacct")
    for given, expected in (
        (replace(wanted, once=True), 0.0),
        (replace(wanted, drain=True), 0.0),
        (replace(wanted, files=(str(tmp_path / "pacct.1"),)), 0.0),
        (replace(wanted, files=(str(tmp_path / "pacct"),)), 30.0),
        (replace(wanted, files=(str(tmp_path / "link"),)), 30.0),
    ):
        assert given.task()[1].canary == expected
    assert orders(tmp_path, '[canary]\ninterval = "0s"\n').task()[1].canary == 0.0


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ('interval = "often"', "canary.interval: 'often' is no duration"),
        ("interval = -1", "canary.interval: expected"),
        ("intervall = 1", "canary.intervall: unknown key; did you mean interval?"),
        ('ship = "no"', "canary.ship: expected true or false"),
    ],
)
def test_what_is_wrong_is_said(keys: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=said.replace("?", r"\?")):
        orders(tmp_path, f"[canary]\n{keys}\n").task()
