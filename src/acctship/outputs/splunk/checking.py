"""What a HEC can be asked without sending it an event.

Splunk looks at the token before it looks at the body: so an empty one is answered with "No data" where the token is
good. Whether acknowledgements are on is told by a question for one. An index is looked at when an event is; an object
that names it, and has no event, is never indexed, and some servers look at its index first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

import acctship
from acctship.network.deadline import Deadline
from acctship.outputs.splunk.replies import BAD_EVENT, Reply, acknowledged, refuse
from acctship.outputs.splunk.session import Session

if TYPE_CHECKING:
    from acctship.outputs.splunk.config import Config


def look(session: Session, config: Config, deadline: Deadline) -> str:
    """Ask a HEC whether it would take our events; gives what it answers, as a line for people.

    Raises:
        RetryableError: it is not well, or cannot be reached.
        HaltError: it would not: a bad token, a wrong index, no acknowledgements, a certificate that is not trusted.
    """
    try:
        return _look(session, config, deadline)
    finally:
        session.end(acctship.RetryableError("was checked"))


def _look(session: Session, config: Config, deadline: Deadline) -> str:
    peer = session.peer
    refuse(session.health(deadline), peer)
    _expect_bad_event(session.post(b"", deadline), peer)
    said = ["the token is good"]
    if session.acks is not None:
        acknowledged(session.ask(session.acks.channel, [0], deadline.left()), peer)
        said.append("acknowledgements are on")
    else:
        said.append("without acknowledgements: delivered means that Splunk has taken it, not that it is indexed")
    if config.index is None:
        said.append("its own index is used, which is not known here")
    else:
        answer = session.post(msgspec.json.encode({"index": config.index}), deadline)
        refuse(answer, peer)
        said.append(
            f"index {acctship.escape(config.index.encode())} is not refused, as far as it tells without an event"
        )
    if session.in_the_clear:
        said.append("without TLS: token and events can be read on the way")
    return f"{peer}: {', '.join(said)}"


def _expect_bad_event(answer: Reply, peer: str) -> None:
    """See that a token was accepted: the body was looked at.

    Raises:
        OutputError: it was not.
    """
    refuse(answer, peer)
    if answer.status != 200 and answer.code not in BAD_EVENT:
        raise acctship.HaltError(f"{peer}: {answer}: is a HEC there? Check url")
