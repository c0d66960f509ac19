"""The documents, and what tests look at in them: blocks of code, headings, links."""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.paths import ROOT

PROSE = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
"""What is read as a whole; in these, generated parts and the output of commands are kept up to date."""
DOCUMENTS = [*PROSE, *sorted((ROOT / "examples").glob("**/README.md"))]

_BLOCK = re.compile(r"^(?P<indent> *)```(?P<language>\w*)\n(?P<text>(?s:.*?))^(?P=indent)```$", re.MULTILINE)
_REMARK = re.compile(r"<!-- ((?:(?!-->).)+) -->\n\s*\Z", re.DOTALL)
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
_LINK = re.compile(r"(?<!`)\[[^]]+\]\(([^)\s]+)\)")
_CODE = re.compile(r"`[^`]*`")


@dataclass(frozen=True)
class Block:
    """A fenced block of code.

    Attributes:
        document: in which it stands.
        line: of its fence, from 1.
        language: behind the fence.
        text: what stands in it, less the indent of the fence.
        remark: what the HTML comment right before it says; empty if there is none.
    """

    document: Path
    line: int
    language: str
    text: str
    remark: str

    def __str__(self) -> str:
        return f"{name(self.document)}:{self.line}"


def name(document: Path) -> str:
    """Its path in the project."""
    return str(document.relative_to(ROOT))


def blocks(document: Path) -> list[Block]:
    """All fenced blocks of a document, in order."""
    text = document.read_text("utf-8")
    found = []
    for match in _BLOCK.finditer(text):
        before = text[: match.start()]
        remark = _REMARK.search(before)
        inner = textwrap.dedent(match["text"])
        found.append(Block(document, before.count("\n") + 1, match["language"], inner, remark[1] if remark else ""))
    return found


def prose(document: Path) -> str:
    """A document less its blocks of code."""
    return _BLOCK.sub("", document.read_text("utf-8"))


def links(document: Path) -> list[str]:
    """Where it leads inside the project: relative paths, anchors, or both."""
    targets = _LINK.findall(_CODE.sub("`", prose(document)))
    return [target for target in targets if not re.match(r"[a-z]+:", target)]


def anchors(document: Path) -> set[str]:
    """What a `#` of a link may name: its headings, as GitHub and MyST make anchors of them."""
    seen: Counter[str] = Counter()
    made = set()
    for heading in _HEADING.findall(prose(document)):
        slug = re.sub(r"[^\w\- ]", "", re.sub(r"\[([^]]+)\]\([^)]*\)", r"\1", heading).lower()).replace(" ", "-")
        made.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
        seen[slug] += 1
    return made
