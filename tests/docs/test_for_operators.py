"""What quickstart.md, operating.md, security.md and pci.md tell an operator to do can be done."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

from acctship.delivery.notice import ACTIONS
from tests.cli.command import acctship
from tests.cli.fakes import distribution
from tests.docs.documents import DOCUMENTS
from tests.paths import ROOT, WEBHOOK

PAGES = {name: (ROOT / f"docs/{name}.md").read_text("utf-8") for name in ("quickstart", "operating", "security", "pci")}
CONFIGS = re.findall(r"```toml\n(# /etc/acctship/acctship\.toml\n.*?)```", "".join(PAGES.values()), re.DOTALL)
KINDS = {name.partition("-")[0] for name in ACTIONS if "-" in name}


@pytest.mark.parametrize("text", CONFIGS, ids=lambda text: re.findall(r'type = "(\w+)"', text)[0])
def test_configuration_is_right(text: str, tmp_path: Path, webhook: Mapping[str, str]) -> None:
    path = tmp_path / "acctship.toml"
    path.write_text(text, "utf-8")

    done = acctship("check", "--offline", path, environment=webhook)

    assert (done.code, done.err) == (0, "")


def test_each_kind_of_output_has_its_quick_start() -> None:
    kinds = set(re.findall(r'^type = "(\w+)"', "\n".join(CONFIGS), re.MULTILINE))
    names = acctship("outputs", "list").out.decode().split()

    assert kinds - {"webhook"} == {"elasticsearch", "fluentd", "jsonl", "splunk_hec", "syslog"} <= set(names)


@pytest.fixture
def webhook(tmp_path: Path) -> dict[str, str]:
    """The stranger's plugin as if it were installed: its module, and metadata with its entry point."""
    project = tomllib.loads((WEBHOOK / "pyproject.toml").read_text("utf-8"))["project"]
    source = (WEBHOOK / "src/acctship_output_webhook.py").read_text("utf-8")
    points = project["entry-points"]["acctship"]
    distribution(tmp_path / "packages", project["name"], {"acctship_output_webhook": source}, points)
    return {"PYTHONPATH": str(tmp_path / "packages")}


@pytest.mark.parametrize("page", PAGES)
def test_fields_actions_and_keys_of_audit_rules_exist(page: str) -> None:
    spans = set(re.findall(r"`([^`\n]+)`", PAGES[page]))
    fields = {span for span in spans if re.fullmatch(r"(acct|event|process|user|host)\.[a-z_.]+", span)}
    actions = {span for span in spans if re.fullmatch(f"({'|'.join(KINDS)})-[a-z-]+", span)}
    keys = set(re.findall(r"ausearch -k (\S+?)`", PAGES[page]))

    fields -= {"acct.process"}  # a dataset
    assert fields <= set(re.findall(r"^\| `([a-z_.]+)`", (ROOT / "docs/events.md").read_text("utf-8"), re.MULTILINE))
    assert actions <= set(ACTIONS)
    assert keys <= set(re.findall(r"key=(\S+)", (ROOT / "examples/auditd/acctship.rules").read_text("utf-8")))
    assert page == "quickstart" or actions


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_no_document_claims_what_an_assessor_decides(path: Path) -> None:
    assert "compliant" not in path.read_text("utf-8").lower()
