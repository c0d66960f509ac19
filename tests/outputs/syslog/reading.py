r"""Readers of what `syslog` writes, made from the RFCs and from docs/syslog.md, without the code under test."""

from __future__ import annotations

import re
from dataclasses import dataclass

from acctship import unescape

_RFC5424 = re.compile(
    r"<(?P<pri>0|[1-9][0-9]{0,2})>1 "
    r"(?P<timestamp>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-5][0-9](?:\.[0-9]{1,6})?(?:Z|[+-][0-9:]{5})) "
    r"(?P<host>[!-~]{1,255}) (?P<app>[!-~]{1,48}) (?P<procid>[!-~]{1,128}) (?P<msgid>[!-~]{1,32}) "
    r"(?P<rest>.*)",
    re.DOTALL,
)
_SD_NAME = r"[!#-<>-\\^-~]{1,32}"  # printable ASCII but '=', ']' and '"'
_PARAM = re.compile(rf' ({_SD_NAME})="((?:[^"\\\]]|\\["\\\]])*)"')
_RFC3164 = re.compile(
    r"<(?P<pri>[0-9]{1,3})>(?P<timestamp>[A-Z][a-z]{2} [ 1-3][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2}) "
    r"(?P<host>[^ ]+ )?(?P<tag>[A-Za-z0-9._/-]{1,32})(?:\[(?P<pid>[0-9]+)\])?: (?P<msg>.*)",
    re.DOTALL,
)
_PAIR = re.compile(r'([^ ="]+)=(?:"([^="]*)"|([^ ="]+))(?: |$)')


@dataclass(frozen=True)
class Message:
    """One message; what is nil or absent is None."""

    pri: int
    timestamp: str
    host: str | None
    app: str
    procid: str | None
    msgid: str | None
    data: list[tuple[str, str]] | None
    sd_id: str | None
    msg: str


def rfc5424(raw: bytes) -> Message:
    """Read a message by the ABNF of RFC 5424, section 6; only one SD-ELEMENT is known."""
    match = _RFC5424.fullmatch(raw.decode())
    assert match, raw
    rest, sd_id, data = match["rest"], None, None
    if rest.startswith("- "):
        rest = rest[2:]
    else:
        element = re.match(rf"\[({_SD_NAME})", rest)
        assert element, rest
        sd_id, data, at = element[1], [], element.end()
        while param := _PARAM.match(rest, at):
            data.append((param[1], re.sub(r'\\(["\\\]])', r"\1", param[2])))
            at = param.end()
        assert rest[at : at + 2] == "] ", rest[at:]
        rest = rest[at + 2 :]
    assert int(match["pri"]) <= 191
    nil = {name: None if match[name] == "-" else match[name] for name in ("host", "procid", "msgid")}
    return Message(
        int(match["pri"]), match["timestamp"], nil["host"], match["app"], nil["procid"], nil["msgid"], data, sd_id, rest
    )


def rfc3164(raw: bytes) -> Message:
    """Read a message as daemons read RFC 3164, with the host name or, from /dev/log, without."""
    match = _RFC3164.fullmatch(raw.decode())
    assert match, raw
    host = None if match["host"] is None else match["host"].rstrip()
    return Message(
        int(match["pri"]), match["timestamp"], host, match["tag"], match["pid"], None, None, None, match["msg"]
    )


def text(line: str) -> list[tuple[str, bytes]]:
    """Read a line of `key=value`: two characters have a meaning, and neither can be in a key or a value."""
    pairs, at = [], 0
    while at < len(line):
        match = _PAIR.match(line, at)
        assert match, line[at:]
        pairs.append((unescape(match[1]).decode(), unescape(match[2] if match[3] is None else match[3])))
        at = match.end()
    assert not line.endswith(" ")
    return pairs
