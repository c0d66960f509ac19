"""Wheel and sdist hold what they should, and nothing else; what lies beside them says what is in them."""

from __future__ import annotations

import hashlib
import json
import subprocess
import tarfile
import tomllib
import zipfile
from email.parser import HeaderParser
from pathlib import Path

import acctship
from tests.paths import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
NAME = f"acctship-{acctship.__version__}"


def tracked(*folders: str) -> set[str]:
    """The files of the project, as git knows them."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *folders]
    listed = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout
    return {path for path in listed.splitlines() if (ROOT / path).exists()}


def test_sdist_is_the_project(dist: Path) -> None:
    with tarfile.open(dist / f"{NAME}.tar.gz") as archive:
        members = {member.name.removeprefix(f"{NAME}/") for member in archive.getmembers() if member.isfile()}

    assert members == tracked() | {"PKG-INFO"}


def test_wheel_is_the_package_its_manual_pages_and_documents(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}

    data = f"{NAME}.data/data/share"
    pages = {f"{data}/man/man1/{Path(path).name}" for path in tracked("man")}
    documents = {name for name in names if name.startswith(f"{data}/doc/acctship/")}
    assert names - documents - pages == {path.removeprefix("src/") for path in tracked("src")}
    assert pages <= names
    assert f"{data}/doc/acctship/runbook.md" in documents  # errors name its sections


def test_metadata_says_what_the_project_says(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        metadata = HeaderParser().parsestr(archive.read(f"{NAME}.dist-info/METADATA").decode())

    assert metadata["Version"] == acctship.__version__
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["Requires-Python"] == PROJECT["requires-python"]
    assert set(metadata.get_all("Provides-Extra", [])) == set(PROJECT["optional-dependencies"])


def test_change_log_begins_with_this_version() -> None:
    headings = [line for line in (ROOT / "CHANGELOG.md").read_text("utf-8").splitlines() if line.startswith("## [")]

    assert headings[0] == "## [Unreleased]"
    assert headings[1].startswith(f"## [{acctship.__version__}] - ")


def test_bill_of_materials_names_what_comes_along(dist: Path) -> None:
    bill = json.loads((dist / f"{NAME}.cdx.json").read_text("utf-8"))
    components = {component["name"].lower(): component for component in bill["components"]}

    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert bill["metadata"]["component"]["version"] == acctship.__version__
    assert {"numpy", "msgspec", "pluggy", "click", "rich", "urllib3", "elasticsearch", "msgpack"} <= set(components)
    assert {"pytest", "pip"}.isdisjoint(components)
    assert all(component["purl"] and component["version"] for component in components.values())


def test_checksums_are_those_of_all_files(dist: Path) -> None:
    lines = (dist / "SHA256SUMS").read_text("utf-8").splitlines()

    said = {name: digest for digest, name in (line.split("  ") for line in lines)}
    files = {path.name: path.read_bytes() for path in dist.iterdir() if path.name != "SHA256SUMS"}
    assert said == {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    assert len(files) == 3
