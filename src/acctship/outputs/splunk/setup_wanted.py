"""What `acctship setup splunk` shall bring about: an index and a token, as the command line says."""

from __future__ import annotations

import re
from dataclasses import dataclass

import click

SOURCETYPE = "acct:process"
LEAST_DAYS = 400
"""PCI DSS 10.5.1 wants twelve months of audit trail; a bucket is frozen as a whole, so a month is added."""

_INDEX = re.compile(r"(?!.*kvstore)[a-z0-9][a-z0-9_-]*")  # indexes.conf.spec, "PER INDEX OPTIONS"
_TOKEN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_SIZE = re.compile(r"(\d+(?:\.\d+)?) ?(MB|GB|TB|MiB|GiB|TiB)")
_UNITS = {"MB": 10**6, "GB": 10**9, "TB": 10**12, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
_DAY = 86_400


@dataclass(frozen=True)
class Wanted:
    """An index and a token.

    Attributes:
        index: name of the index.
        token_name: name of the token.
        days: before an event may be frozen, which deletes it unless Splunk is told where to archive.
        megabytes: of 2^20 bytes, above which the oldest events are frozen whatever their age.
    """

    index: str
    token_name: str
    days: int
    megabytes: int

    @property
    def seconds(self) -> int:
        """`days`, as Splunk counts them."""
        return self.days * _DAY


def index_name(_ctx: click.Context, _param: click.Parameter, text: str) -> str:
    """See that Splunk allows such a name for an index."""
    if not _INDEX.fullmatch(text):
        raise click.BadParameter(
            f"{text!r}: Splunk allows lower-case letters, digits, _ and -, a letter or digit first, and no kvstore"
        )
    return text


def token_name(_ctx: click.Context, _param: click.Parameter, text: str) -> str:
    """See that the name fits into a path and a stanza."""
    if not _TOKEN_NAME.fullmatch(text):
        raise click.BadParameter(f"{text!r}: letters, digits, _, . and -, a letter or digit first")
    return text


def megabytes(_ctx: click.Context, _param: click.Parameter, text: str) -> int:
    """Splunk's MB, of 2^20 bytes, in a size such as `200GB`: never more than that size.

    >>> megabytes(None, None, "200GB"), megabytes(None, None, "1GiB")
    (190734, 1024)
    """
    matched = _SIZE.fullmatch(text)
    found = int(float(matched[1]) * _UNITS[matched[2]]) // 2**20 if matched else 0
    if not found:
        raise click.BadParameter(f'{text!r}: expected a size of 1 MiB or more, such as "200GB" or "1.5TiB"')
    return found


def check_days(days: int, *, force: bool) -> None:
    """See that events are kept long enough.

    Raises:
        click.UsageError: they are not, and nobody forces it.
    """
    if days < LEAST_DAYS and not force:
        raise click.UsageError(
            f"--days {days}: PCI DSS 10.5.1 wants audit trails kept for twelve months, so {LEAST_DAYS} days at least; "
            "--force if none of its rules holds here"
        )
