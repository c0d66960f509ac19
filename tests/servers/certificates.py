"""Certificates as a site's own authority would issue them, by the command `openssl`."""

from __future__ import annotations

import hashlib
import shutil
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.programs import UnavailableError

_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")


@dataclass(frozen=True)
class Issued:
    """A certificate and its key, as files in PEM."""

    certificate: Path
    key: Path

    @property
    def fingerprint(self) -> str:
        """SHA-256 in hex."""
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(self.certificate.read_text())).hexdigest()


class Authority:
    """An authority of its own.

    Attributes:
        ca: its certificate.

    Raises:
        UnavailableError: there is no `openssl`.
    """

    def __init__(self, folder: Path) -> None:
        if not shutil.which("openssl"):
            raise UnavailableError("the command openssl is not installed: install Debian's package openssl")
        folder.mkdir()
        self._folder, self.ca = folder, folder / "ca.pem"
        self._key = folder / "ca.key"
        _openssl(
            "req", "-x509", *_NEW_KEY, "-noenc", "-keyout", self._key, "-out", self.ca, "-subj", f"/CN={folder.name}"
        )

    def issue(
        self, name: str, *, alternatives: str = "DNS:localhost,IP:127.0.0.1", days: int = 30, password: str = ""
    ) -> Issued:
        """A new certificate.

        Args:
            name: its common name, and that of its files.
            alternatives: for which names it is.
            days: until it expires; less than 0 if it has.
            password: of its key; empty for none.
        """
        request, extensions = self._folder / f"{name}.csr", self._folder / f"{name}.ext"
        issued = Issued(self._folder / f"{name}.pem", self._folder / f"{name}.key")
        lock = ("-passout", f"pass:{password}") if password else ("-noenc",)
        _openssl("req", *_NEW_KEY, *lock, "-keyout", issued.key, "-out", request, "-subj", f"/CN={name}")
        extensions.write_text(f"subjectAltName={alternatives}\n")
        signed_by = ("-CA", self.ca, "-CAkey", self._key, "-CAcreateserial", "-extfile", extensions)
        _openssl("x509", "-req", "-in", request, "-out", issued.certificate, "-days", str(days), *signed_by)
        return issued


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)
