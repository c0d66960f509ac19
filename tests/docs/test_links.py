"""Each link inside the project leads to a file that is there, and in a document to a heading that is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.documents import DOCUMENTS, anchors, links, name, prose
from tests.paths import ROOT

INDEX = ROOT / "docs/index.md"
FOLDERS = ("src", "tests", "docs", "examples", "packaging", "benchmarks")
ROOMS = tuple(path.parent.name for path in (ROOT / "src/acctship").glob("*/__init__.py"))
FILE = re.compile(rf"`((?:{'|'.join(FOLDERS + ROOMS)})/[\w./*-]*)`")
BASES = (ROOT, ROOT / "src/acctship", ROOT / "examples/acctship-output-webhook")  # the last is what the tutorial makes
NAMED = re.compile(r"((?:docs|examples)/[\w./-]+\.md|[A-Z]+\.md)(?:#([\w-]+))?")


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_links_lead_to_files_and_headings(document: Path) -> None:
    assert [link for link in links(document) if not _leads_somewhere(document, link)] == []


def _leads_somewhere(document: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (document.parent / path).resolve() if path else document
    if not target.exists() or ROOT not in target.parents:
        return False
    return not anchor or (target.suffix == ".md" and anchor in anchors(target))


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_files_that_a_document_names_are_there(document: Path) -> None:
    assert [path for path in FILE.findall(prose(document)) if not any(list(base.glob(path)) for base in BASES)] == []


def test_what_leads_nowhere_is_seen() -> None:
    assert _leads_somewhere(INDEX, "runbook.md#records-lost")
    assert not _leads_somewhere(INDEX, "runbook.md#no-such")
    assert not _leads_somewhere(INDEX, "no-such.md")
    assert not _leads_somewhere(INDEX, "../../elsewhere.md")
    assert len(FILE.findall(prose(ROOT / "docs/architecture.md"))) > 30


@pytest.mark.parametrize(
    "source", [path for path in sorted((ROOT / "src").rglob("*.py")) if NAMED.search(path.read_text("utf-8"))], ids=name
)
def test_documents_that_the_program_names_are_there(source: Path) -> None:
    for path, anchor in NAMED.findall(source.read_text("utf-8")):
        assert (ROOT / path).exists()
        assert not anchor or anchor in anchors(ROOT / path)


def test_every_document_is_in_the_index_once() -> None:
    entries = re.findall(r"^- \[[^]]+\]\(([^)]+)\)", prose(INDEX), re.MULTILINE)
    linked = [(INDEX.parent / link).resolve() for link in entries]

    assert sorted(linked) == sorted(set(DOCUMENTS) - {INDEX})
