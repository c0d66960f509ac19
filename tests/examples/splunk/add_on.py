"""The add-on as tests read it: Splunk's configuration files, its lookups, and its searches with their macros."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from xml.etree import ElementTree

from tests.paths import ROOT

ADD_ON = ROOT / "examples/splunk/TA-acctship"

_MACRO = re.compile(r"`([a-z_]+)(?:\(([^()`]*)\))?`")


def conf(name: str) -> dict[str, dict[str, str]]:
    """A configuration file by stanza and key. A line that ends in a backslash goes on in the next one."""
    stanzas: dict[str, dict[str, str]] = {}
    text = (ADD_ON / name).read_text("utf-8").replace("\\\n", "\n\x00")
    for line in text.replace("\n\x00", " ").splitlines():
        if line.startswith("["):
            stanza = stanzas.setdefault(line.strip()[1:-1], {})
            assert line.rstrip().endswith("]"), line
        elif line and not line.startswith("#"):
            key, equals, value = line.partition("=")
            assert equals, f"{name}: {line!r} is no setting"
            assert key.strip() not in stanza, f"{name}: {key} twice"
            stanza[key.strip()] = value.strip()
    return stanzas


def lookup(name: str) -> list[dict[str, str]]:
    """Rows of a lookup."""
    with (ADD_ON / "lookups" / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def searches() -> dict[str, str]:
    """Every search of the add-on by where it is: saved ones, and those of the dashboard."""
    found = {name: stanza["search"] for name, stanza in conf("default/savedsearches.conf").items()}
    view = ElementTree.parse(ADD_ON / "default/data/ui/views/acctship_overview.xml")
    for at, query in enumerate(view.iter("query")):
        found[f"dashboard {at}"] = query.text or ""
    return found


def expand(search: str) -> str:
    """A search with its macros expanded as Splunk does it."""
    macros = conf("default/macros.conf")
    while found := _MACRO.search(search):
        name, argument = found[1], found[2]
        macro = macros[name if argument is None else f"{name}(1)"]
        definition = macro["definition"]
        if argument is not None:
            assert f"${macro['args']}$" in definition
            definition = definition.replace(f"${macro['args']}$", argument)
        search = search[: found.start()] + definition + search[found.end() :]
    assert "`" not in search, search
    return search


def parts(search: str) -> Iterator[str]:
    """Where a search begins: the search itself, and each subsearch."""
    yield search
    yield from re.findall(r"\[\s*search\s+([^\]]*)\]", re.sub(r'"[^"]*"', '""', search))
