"""What `accounting rotate` keeps for outputs of a daemon that ships the same file, and what it tells them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders import SIZE
from tests.kernel.nested import Ground, until
from tests.kernel.shipping import SETTLES_SOON, Copy, Service, running
from tests.kernel.switching import Switch

TIGHT = 'max_size = "0B"\nmax_age = 0\n'


@pytest.fixture
def service(tmp_path: Path, ground: Ground) -> Iterator[Service]:
    """With a second output that is halted as long as its folder is not there."""
    dead = f'[outputs.dead]\ntype = "jsonl"\npath = "{tmp_path}/away/events.jsonl"\nstart = "oldest"\n'
    with running(Service(tmp_path, ground.live, more=dead, program=SETTLES_SOON)) as service:
        yield service


def needed(switch: Switch) -> set[Path]:
    return set(map(Path, json.loads((switch.state / "retain.json").read_text())["needed"]))


def storm(ground: Ground) -> None:
    ground.storm(100)
    ground.wait()


def test_files_stay_while_an_output_or_the_daemon_is_dead_and_go_when_all_have_them(
    ground: Ground, service: Service, tmp_path: Path
) -> None:
    switch = Switch(ground, tmp_path, limits=TIGHT)
    for _ in range(3):
        storm(ground)
        assert switch("rotate").code == 0
    until(lambda: {*ground.rotated()} < needed(switch), "the daemon says what the dead output needs")
    service.kill()
    storm(ground)
    done = switch("rotate")
    assert (done.code, len(ground.rotated())) == (0, 4)
    assert "an output may still need them" in done.err

    (tmp_path / "away").mkdir()
    service.start()
    until(lambda: needed(switch) == {ground.live}, "every output has all that was rotated")
    storm(ground)
    at_once = ("import acctship.accounting.needed as it; it._CLOCKS_DIFFER = 0.0", "rotate")
    done = switch.with_change(*at_once)
    assert done.code == 0, done.err
    assert len(ground.rotated()) == 1, "the one that was rotated just now"
    late = Copy(tmp_path / "away/events.jsonl")

    def has_all() -> bool:
        late.read_on()
        return late.ids.keys() >= set(ground.truth())

    until(has_all, "the output that was dead has every process")
    assert set(late.times.values()) == {1}


def test_what_a_hard_limit_forces_is_told_to_the_outputs_that_live(
    ground: Ground, service: Service, tmp_path: Path
) -> None:
    switch = Switch(ground, tmp_path, limits=TIGHT + "hard_limit = 0\n")
    storm(ground)
    service.until_copy(lambda copy: len(copy.ids) >= 100, "the output that lives has all")
    service.stop()
    assert switch("rotate").code == 1
    assert not ground.rotated()

    service.start()
    service.until_copy(
        lambda copy: bool(copy.reports("retention-forced") and copy.reports("records-lost")), "the loss is told"
    )
    (forced,) = service.copy.reports("retention-forced")
    (lost,) = service.copy.reports("records-lost")
    assert "hard_limit" in (forced.reason or "")
    assert (lost.output, lost.begin) == ("dead", 0)
    assert 100 * SIZE <= (lost.end or 0) <= (forced.size or 0), "the last records came when no daemon was there to see"
