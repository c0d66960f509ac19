"""A docstring in Google's style as Markdown: sections become lists, examples become blocks of code."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator

_SECTION = re.compile(r"(Args|Attributes|Example|Raises|Returns|Yields):\n(.*)", re.DOTALL)
_ENTRY = re.compile(r"^(\w+): ", re.MULTILINE)
_TITLES = {"Args": "Arguments", "Raises": "Raises", "Attributes": "Attributes"}


def markdown(docstring: str) -> str:
    """The same text, for a page.

    >>> print(markdown("Sleep.\\n\\nArgs:\\n    seconds: how long,\\n        at most."))
    Sleep.
    <BLANKLINE>
    Arguments:
    <BLANKLINE>
    - `seconds`: how long,
      at most.
    """
    return "\n\n".join(_paragraph(text) for text in _paragraphs(docstring.strip())).strip()


def _paragraphs(text: str) -> Iterator[str]:
    """Parted at empty lines, but a section keeps its own."""
    yield from (part.strip("\n") for part in re.split(r"\n\n+(?!\s)", text))


def _paragraph(text: str) -> str:
    if text.startswith(">>> "):
        return f"```pycon\n{text}\n```"
    section = _SECTION.fullmatch(text)
    if section is None:
        return text
    title, body = section[1], textwrap.dedent(section[2]).strip()
    if title == "Example":
        return f"```pycon\n{body}\n```"
    if title in _TITLES:
        return f"{_TITLES[title]}:\n\n" + "\n".join(_entries(body))
    return f"{title}: {body}"


def _entries(body: str) -> Iterator[str]:
    for entry in re.split(r"\n(?=\S)", body):
        first, *more = textwrap.dedent(_ENTRY.sub(r"- `\1`: ", entry, count=1)).split("\n")
        yield "\n".join([first, *(f"  {line.strip()}" for line in more)])
