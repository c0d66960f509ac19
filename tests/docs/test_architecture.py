"""The drawings of docs/architecture.md show the rooms, and their order, that import-linter holds."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tests.docs.documents import blocks
from tests.paths import ROOT

DOCUMENT = ROOT / "docs/architecture.md"
SOURCE = ROOT / "src/acctship"
LINTER = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
LAYERS = [contract for contract in LINTER["contracts"] if contract["type"] == "layers"]
DRAWN = {block.remark: block.text for block in blocks(DOCUMENT) if block.language == "text"}
ROOM = re.compile(r"(\w+)(?:/|\.py)")


@pytest.mark.parametrize("contract", LAYERS, ids=lambda contract: "".join(contract.get("containers", ["acctship"])))
def test_layers_are_drawn_in_their_order(contract: dict[str, list[str]]) -> None:
    container = "".join(contract.get("containers", ["acctship"]))
    cells = re.split(r"^[├└].*$", DRAWN[f"layers of: {container}"], flags=re.MULTILINE)[:-1]
    names = [" ".join(row.split("│")[1] for row in cell.splitlines() if row.startswith("│")) for cell in cells]
    layers = [{room.strip().rpartition(".")[2] for room in layer.split("|")} for layer in contract["layers"]]

    assert [set(ROOM.findall(cell)) for cell in names] == layers


def test_every_room_has_its_row_or_its_place_in_the_drawing() -> None:
    drawn = set(ROOM.findall("".join(DRAWN.values())))
    rooms = {path.parent.name for path in SOURCE.glob("*/__init__.py")}

    assert len(rooms) > 9
    assert rooms <= drawn
    assert {"records", "events", "delivery", "outputs", "reports", "accounting"} == set(
        ROOM.findall(DRAWN["the way of a record"])
    )


def test_every_room_says_what_it_knows() -> None:
    told = set(re.findall(r"`(\w+)(?:/|\.py)`", DOCUMENT.read_text("utf-8").partition("\n## ")[0]))
    rooms = {path.parent.name for path in SOURCE.glob("*/__init__.py")}
    files = {Path(path).stem for path in SOURCE.glob("[a-z]*.py")}

    assert told == rooms | files
