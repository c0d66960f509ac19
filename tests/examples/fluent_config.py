"""Reads configurations of Fluentd and Fluent Bit more strictly than they do: neither can be had from a registry here.

Which keys a plugin has is as their manuals have it; one that is not listed here is taken for a slip of the pen.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]  # ansible-core brings it, without types

BUFFER = "timekey timekey_use_utc flush_mode flush_interval chunk_limit_size overflow_action retry_forever path"
FLUENTD = {
    "source forward": "bind port chunk_size_limit",
    "source exec": "tag command run_interval",
    "source tail": "path pos_file tag read_from_head follow_inodes",
    "match copy": "",
    "match file": "path append",
    "match rewrite_tag_filter": "",
    "store file": "path append",
    "store relabel": "@label",
    "store elasticsearch": "hosts user password ca_file index_name id_key write_operation suppress_type_name",
    "filter grep": "",
    "regexp": "key pattern",
    "exclude": "key pattern",
    "rule": "key pattern tag",
    "format json": "",
    "parse json": "time_key time_type time_format keep_time_key",
    "parse msgpack": "time_key time_type time_format keep_time_key",
    "buffer file": BUFFER,
    "transport": "cert_path private_key_path ca_path client_cert_auth min_version max_version",
    "security": "self_hostname shared_key user_auth",
    "user": "username password",
    "label": "",
}
"""Keys of each kind of section, but for `@type`."""

TLS = "tls tls.verify tls.ca_file tls.crt_file tls.key_file"
FLUENT_BIT = {
    "inputs forward": "listen port buffer_max_size storage.type shared_key self_hostname security.users " + TLS,
    "inputs exec": "tag command parser threaded interval_sec buf_size storage.type",
    "inputs tail": "tag path parser db db.sync read_from_head buffer_max_size",
    "filters rewrite_tag": "match rule",
    "filters grep": "match regex",
    "outputs file": "match path format mkdir retry_limit",
    "outputs es": "match host port http_user http_passwd index id_key write_operation suppress_type_name retry_limit "
    + TLS,
}


@dataclass
class Section:
    """One of Fluentd's.

    Attributes:
        name: such as `match`.
        argument: such as the tags that it is for.
        keys: with their values as they stand there.
        sections: in it.
    """

    name: str
    argument: str = ""
    keys: dict[str, str] = field(default_factory=dict)
    sections: list[Section] = field(default_factory=list)

    def all(self, name: str) -> list[Section]:
        """Sections of a name, at any depth."""
        found = [one for one in self.sections if one.name == name]
        return found + [deeper for one in self.sections for deeper in one.all(name)]


def fluentd(path: Path) -> Section:
    """Read a file and what it includes.

    Raises:
        AssertionError: it is not as it should be.
    """
    top = Section("top")
    _read(path, top)
    return top


def _read(path: Path, top: Section) -> None:
    stack = [top]
    for line in path.read_text("ascii").splitlines():
        text = line.strip()
        assert line == "  " * (len(stack) - 1 - text.startswith("</")) + text or not text, f"indentation: {line!r}"
        if not text or text.startswith("#"):
            continue
        if end := re.fullmatch(r"</([a-z]+)>", text):
            assert end[1] == stack[-1].name, f"{text} closes {stack[-1].name}"
            _check(stack.pop())
        elif begin := re.fullmatch(r"<([a-z]+)(?: ([^<>]+))?>", text):
            stack[-1].sections.append(Section(begin[1], begin[2] or ""))
            stack.append(stack[-1].sections[-1])
        elif text.startswith("@include "):
            _read(path.with_name(text.removeprefix("@include ")), stack[-1])
        else:
            key, _, value = text.partition(" ")
            assert value, f"no value: {line!r}"
            assert key not in stack[-1].keys, f"twice: {line!r}"
            stack[-1].keys[key] = value
    assert stack == [top], f"{stack[-1].name} is not closed"


def _check(section: Section) -> None:
    kind = f"{section.name} {section.keys.get('@type') or (section.argument if section.name == 'transport' else '')}"
    known = FLUENTD["transport" if section.name == "transport" else kind.strip()].split()
    assert {*section.keys} - {"@type"} <= {*known}, f"{kind}: {section.keys}"


def kept_by_grep(section: Section, event: Mapping[str, Any]) -> bool:
    """Whether Fluentd's filter `grep` lets an event pass: all of `regexp`, none of `exclude`."""

    def matches(one: Section) -> bool:
        value: Any = event
        for part in one.keys["key"].removeprefix("$.").split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        pattern = one.keys["pattern"]
        assert pattern[0] == pattern[-1] == "/"
        return re.search(pattern[1:-1], "" if value is None else str(value)) is not None

    wanted = [one for one in section.sections if one.name == "regexp"]
    unwanted = [one for one in section.sections if one.name == "exclude"]
    return all(map(matches, wanted)) and not any(map(matches, unwanted))


def fluent_bit(path: Path) -> dict[str, Any]:
    """Read a file.

    Raises:
        AssertionError: it is not as it should be.
    """
    read: dict[str, Any] = yaml.safe_load(path.read_text("ascii"))
    assert {*read} <= {"service", "parsers", "pipeline"}
    parsers = {parser["name"] for parser in read.get("parsers", ())}
    for kind, plugins in read["pipeline"].items():
        for plugin in plugins:
            known = FLUENT_BIT[f"{kind} {plugin['name']}"].split()
            assert {*plugin} - {"name"} <= {*known}, plugin
            assert {plugin[key] for key in ("parser",) if key in plugin} <= parsers
    return read


def accessed(accessor: str, event: Mapping[str, Any]) -> str | None:
    """What Fluent Bit's record accessor, such as `$a['b']`, finds in an event, as text."""
    first = re.match(r"\$(\w+)", accessor)
    assert first is not None
    value: Any = event
    for part in [first[1], *re.findall(r"\['([^']+)'\]", accessor)]:
        value = value.get(part) if isinstance(value, Mapping) else None
    return None if value is None else str(value)


def tags(filters: Sequence[Mapping[str, str]], matching: Callable[[str, str], bool], tag: str, event: Any) -> set[str]:
    """Under which tags an event comes out of Fluent Bit's filters."""
    for one in filters:
        if not matching(one["match"], tag):
            continue
        if one["name"] == "grep":
            accessor, pattern = one["regex"].split(" ", 1)
            if not re.search(pattern, accessed(accessor, event) or ""):
                return set()
        else:
            accessor, pattern, new, keep = one["rule"].split(" ")
            if found := re.search(pattern, accessed(accessor, event) or ""):
                others = tags(filters, matching, new.replace("$1", found[1] if "$1" in new else ""), event)
                if keep == "false":
                    return others
                return others | tags([later for later in filters if later is not one], matching, tag, event)
    return {tag}
