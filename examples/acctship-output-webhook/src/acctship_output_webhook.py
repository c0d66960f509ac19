"""Output `webhook`: POST events to a URL, as JSON lines with a signature."""

import hmac
import ssl
from collections.abc import Iterable
from http.client import HTTPException
from typing import Annotated
from urllib.request import HTTPError, Request, urlopen

from msgspec import Meta

import acctship


class Config(acctship.OutputConfig, kw_only=True):
    """Each field is a key of the output's table; acctship has checked them before it calls us."""

    url: Annotated[str, Meta(description="Where to post the events", pattern="^https?://")]
    ca: Annotated[str | None, Meta(description="File of CA certificates to trust; without it, the system's")] = None
    secret: Annotated[acctship.Secret, Meta(description="Key of the signature; the receiver has it, too")]

    def delivery(self) -> acctship.Delivery:
        """A 2xx is the receiver's word that it has the events: they are acknowledged."""
        return acctship.Delivery(guarantee="acknowledged", batch_events=500, timeout=30)

    def output(self, limits: acctship.Delivery, /) -> acctship.Output:
        """A heavy client library would be imported here, so that nobody waits for it who does not use it."""
        return _Webhook(self, limits.timeout)


class _Webhook:
    def __init__(self, config: Config, timeout: float) -> None:
        self._url, self._ca, self._secret, self._timeout = config.url, config.ca, config.secret, timeout
        self._tls: ssl.SSLContext | None = None

    def open(self) -> None:
        """Read the CAs: after a lost connection acctship builds and opens another of us, which reads them again."""
        self._tls = ssl.create_default_context(cafile=self._ca) if self._url.startswith("https:") else None

    def close(self) -> None: ...  # each batch has a connection of its own, so nothing is left

    def send(self, batch: acctship.EventBatch, /) -> acctship.SendResult:
        """Return once the receiver has the batch, or raise what says whether to try again."""
        self._request("POST", b"".join(line + b"\n" for line in batch.json()))
        return acctship.SendResult()

    def check(self) -> str:
        """For `acctship check`: ask what may be done at the URL, which delivers nothing."""
        self.open()
        status = self._request("OPTIONS", b"")
        unsure = "" if status < 300 else "; it does not say whether it knows our secret"
        return f"{self._url} answers, HTTP {status}{unsure}"

    def _request(self, method: str, body: bytes) -> int:
        signature = hmac.digest(self._secret.reveal().encode(), body, "sha256").hex()
        headers = {"Content-Type": "application/x-ndjson", "X-Signature": f"sha256={signature}"}
        request = Request(self._url, body, headers, method=method)
        try:  # refused, timed out, bad certificate: each is an OSError, and acctship knows what to do
            answer = urlopen(request, timeout=self._timeout, context=self._tls)
        except HTTPError as error:
            answer = error
        except HTTPException as error:  # the answer broke off in its first line, which is no OSError
            raise acctship.RetryableError(f"no answer: {type(error).__name__}") from None
        with answer:
            status: int = answer.status
            if 200 <= status < 300 and answer.url == self._url:  # a redirected POST is a GET, without the events
                return status
            if method == "OPTIONS" and status in (405, 501):  # many receivers know nothing but POST
                return status
            if status == 413:
                raise acctship.TooLargeError("HTTP 413: more than the receiver takes at once")
            if status == 429 or status >= 500:
                wait = answer.headers.get("Retry-After", "")
                seconds = float(wait) if wait.isdecimal() else None
                raise acctship.RetryableError(f"HTTP {status}", retry_after=seconds)
            raise acctship.HaltError(f"HTTP {status} from {answer.url}: check url and secret")


@acctship.hookimpl
def acctship_outputs() -> Iterable[acctship.OutputSpec]:
    """Tell acctship what is here; the name is the entry point's."""
    yield acctship.OutputSpec("webhook", Config, "POST events, signed, to a webhook")
