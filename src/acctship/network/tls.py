"""TLS as RFC 9325 wants it: 1.2 or later, the receiver always verified, by authorities or fingerprint."""

from __future__ import annotations

import hashlib
import re
import ssl
from pathlib import Path
from typing import Annotated

from msgspec import Meta

from acctship.errors import ConfigError, HaltError, OutputError, RetryableError
from acctship.output import OutputConfig
from acctship.secret import Secret

_SHA256 = re.compile(r"(sha-?256:)?[0-9a-f]{2}(:?[0-9a-f]{2}){31}", re.IGNORECASE)
_PASSES = ("INTERNAL_ERROR", "CLOSE_NOTIFY", "USER_CANCELLED", "RECORD_OVERFLOW", "DECODE_ERROR")
"""Alerts that do not blame the set-up."""
_NO_TLS = ("WRONG_VERSION_NUMBER", "UNSUPPORTED_PROTOCOL", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG", "RECORD_TOO_SMALL")


class TlsKeys(OutputConfig, kw_only=True):
    """The keys of an output that may speak TLS; its `Config` inherits from this instead of `OutputConfig`.

    Example:
        >>> class Config(TlsKeys, kw_only=True):
        ...     address: str
        >>> Config(address="siem.example.com:6514", ca="/etc/ssl/siem.pem").check_tls()
    """

    ca: Annotated[
        str | None,
        Meta(description="PEM file of the authorities that may vouch for the server; without it, those of the system"),
    ] = None
    certificate: Annotated[str | None, Meta(description="PEM file of our own certificate and its chain")] = None
    key: Annotated[str | None, Meta(description="PEM file of its key; without it, the key is beside it")] = None
    key_password: Annotated[Secret | None, Meta(description="Password of that key")] = None
    server_name: Annotated[
        str | None, Meta(description="Name that the server's certificate must be for; without it, the address's")
    ] = None
    fingerprint: Annotated[
        str | None,
        Meta(
            description="SHA-256 of the server's certificate, in hex: exactly this one is trusted, whoever signed it "
            "and whatever its name"
        ),
    ] = None

    def check_tls(self) -> None:
        """See that these keys go together; call it from `output`.

        Raises:
            ConfigError: they do not.
        """
        if self.certificate is None and (self.key is not None or self.key_password is not None):
            name = "key" if self.key is not None else "key_password"
            raise ConfigError(f"{name}: there is no certificate to it: set certificate, too")
        if self.fingerprint is not None:
            if not _SHA256.fullmatch(self.fingerprint):
                raise ConfigError("fingerprint: expected a SHA-256 in hex: 64 digits, with or without colons")
            if self.ca is not None:
                raise ConfigError("fingerprint: trusts one certificate whoever signed it: take ca out, or it")

    def refuse_tls(self, remedy: str) -> None:
        """See that none of these keys is set; call it where the other keys say that no TLS is spoken.

        Args:
            remedy: how to have it spoken, such as `set tls = true`.

        Raises:
            ConfigError: one is.
        """
        for name in TLS_KEYS:
            if getattr(self, name) is not None:
                raise ConfigError(f"{name}: means nothing without TLS: {remedy}, or take it out")

    @property
    def pinned(self) -> str | None:
        """`fingerprint` as 64 hex digits in lower case."""
        if self.fingerprint is None:
            return None
        return self.fingerprint.lower().removeprefix("sha-256:").removeprefix("sha256:").replace(":", "")


TLS_KEYS = TlsKeys.__struct_fields__
"""Their names."""


def context(config: TlsKeys) -> ssl.SSLContext:
    """What to speak TLS with. All files are read anew, so that a certificate can be replaced while acctship runs.

    Raises:
        HaltError: a file, or the password, is missing or wrong.
    """
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    if config.fingerprint is not None:
        made.check_hostname, made.verify_mode = False, ssl.CERT_NONE  # `verify` looks at the fingerprint instead
    elif config.ca is not None:
        _trust(made, config.ca)
    else:
        made.load_default_certs()
    if config.certificate is not None:
        _identify(made, config, config.certificate)
    return made


def verify(config: TlsKeys, encrypted: ssl.SSLSocket, peer: str) -> None:
    """Compare the receiver's certificate with the pinned fingerprint, if there is one (RFC 5425 4.2.2).

    Args:
        config: which may pin one.
        encrypted: after its handshake, as `Wire.encrypt` returns it.
        peer: where it leads, for messages.

    Raises:
        HaltError: it is another one.
    """
    if config.pinned is None:
        return
    shown = hashlib.sha256(encrypted.getpeercert(binary_form=True) or b"").hexdigest()
    if shown != config.pinned:
        raise HaltError(
            f"{peer}: shows another certificate, with fingerprint {shown}: "
            "if that is right, set fingerprint to it; if not, somebody is in between"
        )


def explain(error: ssl.SSLError, peer: str) -> OutputError:
    """Say whether what went wrong with TLS passes by itself, or is a matter for a person."""
    reason = error.reason or ""
    if isinstance(error, ssl.SSLCertVerificationError):
        why = error.verify_message.rstrip(".")
        return HaltError(f"{peer}: its certificate is not trusted: {why}: check ca, server_name and address")
    words = reason.lower().replace("_", " ")
    if "ALERT" in reason and not reason.endswith(_PASSES):
        if "VERSION" in reason or "HANDSHAKE" in reason:
            return HaltError(f"{peer}: refuses TLS 1.2 and later as acctship speaks it: {words}")
        return HaltError(f"{peer}: refuses our certificate: {words}: check certificate and key")
    if reason in _NO_TLS:
        return HaltError(f"{peer}: speaks no TLS there, or none from 1.2 on: {words}: check address and port")
    return RetryableError(f"{peer}: TLS broke off: {words or type(error).__name__}")


def _trust(made: ssl.SSLContext, ca: str) -> None:
    try:
        made.load_verify_locations(cadata=Path(ca).read_text("ascii"))
    except OSError as error:
        if isinstance(error, ssl.SSLError):
            raise HaltError(f"ca {ca}: holds no certificates in PEM") from None
        raise HaltError(f"ca {ca}: {error.strerror}") from None
    except ValueError:  # not ASCII, or empty
        raise HaltError(f"ca {ca}: holds no certificates in PEM") from None


def _identify(made: ssl.SSLContext, config: TlsKeys, certificate: str) -> None:
    for name, path in (("certificate", certificate), ("key", config.key)):
        if path is not None:
            try:
                Path(path).read_bytes()
            except OSError as error:
                raise HaltError(f"{name} {path}: {error.strerror}") from None
    asked = False

    def password() -> str:
        nonlocal asked
        asked = True
        return config.key_password.reveal() if config.key_password is not None else ""

    where = f"certificate {certificate}" if config.key is None else f"certificate {certificate}, key {config.key}"
    try:
        made.load_cert_chain(certificate, config.key, password)  # without a password, OpenSSL would ask the terminal
    except ConfigError as error:
        raise HaltError(f"key_password: {error}") from None
    except ssl.SSLError as error:
        if asked:
            raise HaltError(f"{where}: the key is encrypted: key_password is missing or wrong") from None
        if error.reason == "KEY_VALUES_MISMATCH":
            raise HaltError(f"{where}: the key is of another certificate") from None
        raise HaltError(f"{where}: expected both in PEM") from None
