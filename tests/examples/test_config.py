"""The commented configuration is right as it stands, and so is every key in it when it is uncommented."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import get_type_hints

import msgspec
import pytest

from acctship import config
from acctship.config import Config
from acctship.deployed import HostKeys
from acctship.errors import ConfigError
from acctship.output import Delivery
from tests.cli.command import acctship
from tests.paths import EXAMPLES

EXAMPLE = EXAMPLES / "acctship.toml"
LINES = EXAMPLE.read_text("utf-8").splitlines()
COMMENTED = [number for number, line in enumerate(LINES) if re.match("#[^ #]", line)]


def uncommented(numbers: list[int]) -> str:
    return "\n".join(line[1:] if number in numbers else line for number, line in enumerate(LINES))


def load(folder: Path, text: str) -> Config:
    path = folder / "acctship.toml"
    path.write_text(text, "utf-8")
    loaded = config.load(path)
    for output in loaded.outputs():
        output.build()
    return loaded


def tables() -> dict[str, type[msgspec.Struct]]:
    """The tables that are read into a struct, by their names."""
    hints = get_type_hints(Config)
    names = [field.name for field in dataclasses.fields(Config)]
    structs = {name: hints[name] for name in names if isinstance(hints[name], type)}
    return {name: hint for name, hint in structs.items() if issubclass(hint, msgspec.Struct)}


def test_it_is_right_as_it_stands(tmp_path: Path) -> None:
    assert len(load(tmp_path, uncommented([])).outputs()) == 1
    assert acctship("check", "--offline", EXAMPLE).code == 0


@pytest.mark.parametrize("number", COMMENTED, ids=lambda number: LINES[number].partition(" ")[0][1:])
def test_each_commented_key_is_right(tmp_path: Path, number: int) -> None:
    load(tmp_path, uncommented([number]))


def test_what_is_wrong_is_noticed(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="unknown key"):
        load(tmp_path, uncommented(COMMENTED).replace("\nomit =", "\nomitt ="))


def test_all_keys_together_are_the_defaults_where_there_are_any(tmp_path: Path) -> None:
    plain, full = load(tmp_path, uncommented([])), load(tmp_path, uncommented(COMMENTED))

    for name in tables():
        for key, value in msgspec.structs.asdict(getattr(plain, name)).items():
            if value:  # others have no default that could be shown
                assert getattr(getattr(full, name), key) == value, f"[{name}] {key}"
    assert full.outputs()[0].limits == plain.outputs()[0].limits
    assert (full.outputs()[0].omit, full.outputs()[0].start) == (plain.outputs()[0].omit, plain.outputs()[0].start)


def test_every_key_is_shown() -> None:
    text, missing = uncommented(COMMENTED), []
    wanted = {name: set(struct.__struct_fields__) for name, struct in tables().items()}
    wanted |= {"outputs.copy": set(HostKeys.__struct_fields__) - {"delivery"}}
    wanted |= {"outputs.copy.delivery": set(Delivery.__struct_fields__) - {"guarantee"}}
    for name, keys in wanted.items():
        table = text.partition(f"\n[{name}]\n")[2].partition("\n[")[0]
        missing += [f"[{name}] {key}" for key in sorted(keys) if not re.search(f"^{key} = ", table, re.MULTILINE)]

    assert not missing
