"""The documents make a site without a warning, and each link in it leads to a page, a place in one, or a file."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from acctship.delivery.notice import ACTIONS
from tests.docs.documents import DOCUMENTS, name
from tests.paths import ROOT


class Page(HTMLParser):
    """What a page links to, and which places in it can be linked to."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links, self.ids = list[str](), set[str]()
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.ids |= {value for key in ("id", "name") if (value := found.get(key))}
        if tag == "a" and (link := found.get("href")):
            self.links.append(link)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("site")
    options: list[str | Path] = [
        "-q",
        "-W",
        "--keep-going",
        "-n",
        "-E",
        "-c",
        "packaging/site",
        "-d",
        made / "doctrees",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", *options, ".", made / "html"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return made / "html"


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    return {path: Page(path) for path in site.rglob("*.html") if "_static" not in path.parts}


def test_each_document_has_a_page_where_the_clone_has_the_document(site: Path) -> None:
    wanted = set(map(name, DOCUMENTS))
    made = {str(path.relative_to(site).with_suffix(".md")) for path in site.rglob("*.html")}

    assert wanted - made == set()
    assert {path for path in made - wanted if "/" in path} == set()


def test_each_link_leads_somewhere(pages: Mapping[Path, Page]) -> None:
    dead = [(path.name, link) for path, page in pages.items() for link in page.links if not _there(path, link, pages)]

    assert len(pages) > 40
    assert dead == []


def _there(path: Path, link: str, pages: Mapping[Path, Page]) -> bool:
    parts = urlsplit(link)
    if parts.scheme:
        return parts.scheme == "https"
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if target not in pages:
        return target.is_file()
    return not parts.fragment or unquote(parts.fragment) in pages[target].ids


def test_sections_that_messages_name_have_their_place(site: Path, pages: Mapping[Path, Page]) -> None:
    assert set(ACTIONS) <= pages[site / "docs/runbook.html"].ids


def test_files_that_documents_lead_to_are_carried_along(site: Path) -> None:
    carried = {path.name for path in (site / "_downloads").rglob("*") if path.is_file()}

    assert {"acctship.toml", "find-duplicates.py", "jsonl.py"} <= carried
