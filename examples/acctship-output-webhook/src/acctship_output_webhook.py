"""Output `webhook`: POST events to a URL, as JSON lines with a signature."""

import hmac
from collections.abc import Iterable
from http.client import HTTPException
from typing import Annotated
from urllib.request import HTTPError, Request, urlopen

from msgspec import Meta

import acctship


class Config(acctship.OutputConfig, kw_only=True):
    """Each field is a key of the output's table; acctship has checked them before it calls us."""

    url: Annotated[str, Meta(description="Where to post the events", pattern="^https?://")]
    secret: Annotated[acctship.Secret, Meta(description="Key of the signature; the receiver has it, too")]

    def delivery(self) -> acctship.Delivery:
        """A 2xx is the receiver's word that it has the events: they are acknowledged."""
        return acctship.Delivery(guarantee="acknowledged", batch_events=500, timeout=30)

    def output(self, limits: acctship.Delivery, /) -> acctship.Output:
        """A heavy client library would be imported here, so that nobody waits for it who does not use it."""
        return _Webhook(self.url, self.secret, limits.timeout)


class _Webhook:
    def __init__(self, url: str, secret: acctship.Secret, timeout: float) -> None:
        self._url, self._secret, self._timeout = url, secret, timeout

    def open(self) -> None: ...  # each batch has a connection of its own, so there is nothing to do
    def close(self) -> None: ...

    def send(self, batch: acctship.EventBatch, /) -> acctship.SendResult:
        """Return once the receiver has the batch, or raise what says whether to try again."""
        body = b"".join(line + b"\n" for line in batch.json())
        signature = hmac.digest(self._secret.reveal().encode(), body, "sha256").hex()
        headers = {"Content-Type": "application/x-ndjson", "X-Signature": f"sha256={signature}"}
        try:  # refused, timed out, bad certificate: each is an OSError, and acctship knows what to do
            answer = urlopen(Request(self._url, body, headers), timeout=self._timeout)
        except HTTPError as error:
            answer = error
        except HTTPException as error:  # the answer broke off in its first line, which is no OSError
            raise acctship.RetryableError(f"no answer: {type(error).__name__}") from None
        with answer:
            if 200 <= answer.status < 300 and answer.url == self._url:  # a redirected POST is a GET, without the events
                return acctship.SendResult()
            if answer.status == 413:
                raise acctship.TooLargeError("HTTP 413: more than the receiver takes at once")
            if answer.status == 429 or answer.status >= 500:
                wait = answer.headers.get("Retry-After", "")
                seconds = float(wait) if wait.isdecimal() else None
                raise acctship.RetryableError(f"HTTP {answer.status}", retry_after=seconds)
            raise acctship.HaltError(f"HTTP {answer.status} from {answer.url}: check url and secret")


@acctship.hookimpl
def acctship_outputs() -> Iterable[acctship.OutputSpec]:
    """Tell acctship what is here; the name is the entry point's."""
    yield acctship.OutputSpec("webhook", Config, "POST events, signed, to a webhook")
