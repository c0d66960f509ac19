"""What docs/install.md has people type."""

from __future__ import annotations

import re
import textwrap

from tests.paths import ROOT

TEXT = (ROOT / "docs/install.md").read_text("utf-8")


def section(title: str) -> str:
    """The text under a heading of the second order."""
    (text,) = re.findall(rf"^## {re.escape(title)}$(.*?)(?=^## |\Z)", TEXT, re.DOTALL | re.MULTILINE)
    return str(text)


def commands(text: str, title: str) -> str:
    """The one block of shell commands in a section in which a text occurs."""
    blocks = re.findall(r"^ *```sh\n(.*?)^ *```", section(title), re.DOTALL | re.MULTILINE)
    (block,) = [block for block in blocks if text in block]
    return textwrap.dedent(block)
