"""TLS as RFC 5425 and RFC 9662 want it: 1.2 or later, the receiver always verified, by authorities or fingerprint."""

from __future__ import annotations

import hashlib
import ssl
from pathlib import Path
from typing import TYPE_CHECKING

import acctship

if TYPE_CHECKING:
    from acctship.outputs.syslog.config import Config

_PASSES = ("INTERNAL_ERROR", "CLOSE_NOTIFY", "USER_CANCELLED", "RECORD_OVERFLOW", "DECODE_ERROR")
"""Alerts that do not blame the set-up."""
_NO_TLS = ("WRONG_VERSION_NUMBER", "UNSUPPORTED_PROTOCOL", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG", "RECORD_TOO_SMALL")


def context(config: Config) -> ssl.SSLContext:
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


def verify(config: Config, encrypted: ssl.SSLSocket, peer: str) -> None:
    """Compare the receiver's certificate with the pinned fingerprint, if there is one (RFC 5425 4.2.2).

    Raises:
        HaltError: it is another one.
    """
    if config.fingerprint is None:
        return
    shown = hashlib.sha256(encrypted.getpeercert(binary_form=True) or b"").hexdigest()
    if shown != config.fingerprint.lower().removeprefix("sha-256:").removeprefix("sha256:").replace(":", ""):
        raise acctship.HaltError(
            f"{peer}: shows another certificate, with fingerprint {shown}: "
            "if that is right, set fingerprint to it; if not, somebody is in between"
        )


def explain(error: ssl.SSLError, peer: str) -> acctship.OutputError:
    """Say whether what went wrong with TLS passes by itself, or is a matter for a person."""
    reason = error.reason or ""
    if isinstance(error, ssl.SSLCertVerificationError):
        why = error.verify_message.rstrip(".")
        return acctship.HaltError(f"{peer}: its certificate is not trusted: {why}: check ca, server_name and address")
    words = reason.lower().replace("_", " ")
    if "ALERT" in reason and not reason.endswith(_PASSES):
        if "VERSION" in reason or "HANDSHAKE" in reason:
            return acctship.HaltError(f"{peer}: refuses TLS 1.2 and later as acctship speaks it: {words}")
        return acctship.HaltError(f"{peer}: refuses our certificate: {words}: check certificate and key")
    if reason in _NO_TLS:
        return acctship.HaltError(
            f"{peer}: speaks no TLS there, or none from 1.2 on: {words}: check transport, address"
        )
    return acctship.RetryableError(f"{peer}: TLS broke off: {words or type(error).__name__}")


def _trust(made: ssl.SSLContext, ca: str) -> None:
    try:
        made.load_verify_locations(cadata=Path(ca).read_text("ascii"))
    except OSError as error:
        if isinstance(error, ssl.SSLError):
            raise acctship.HaltError(f"ca {ca}: holds no certificates in PEM") from None
        raise acctship.HaltError(f"ca {ca}: {error.strerror}") from None
    except ValueError:  # not ASCII, or empty
        raise acctship.HaltError(f"ca {ca}: holds no certificates in PEM") from None


def _identify(made: ssl.SSLContext, config: Config, certificate: str) -> None:
    for name, path in (("certificate", certificate), ("key", config.key)):
        if path is not None:
            try:
                Path(path).read_bytes()
            except OSError as error:
                raise acctship.HaltError(f"{name} {path}: {error.strerror}") from None
    asked = False

    def password() -> str:
        nonlocal asked
        asked = True
        return config.key_password.reveal() if config.key_password is not None else ""

    where = f"certificate {certificate}" if config.key is None else f"certificate {certificate}, key {config.key}"
    try:
        made.load_cert_chain(certificate, config.key, password)  # without a password, OpenSSL would ask the terminal
    except acctship.ConfigError as error:
        raise acctship.HaltError(f"key_password: {error}") from None
    except ssl.SSLError as error:
        if asked:
            raise acctship.HaltError(f"{where}: the key is encrypted: key_password is missing or wrong") from None
        if error.reason == "KEY_VALUES_MISMATCH":
            raise acctship.HaltError(f"{where}: the key is of another certificate") from None
        raise acctship.HaltError(f"{where}: expected both in PEM") from None
