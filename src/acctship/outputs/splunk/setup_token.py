"""The file that holds the value of a token: for its owner alone, and never overwritten."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

from acctship import ConfigError

_GUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


def read(path: Path) -> str | None:
    """The token in a file; None if there is no such file.

    Raises:
        ConfigError: it cannot be read, or holds something else.
    """
    try:
        text = path.read_text("ascii").strip()
    except FileNotFoundError:
        if not path.parent.is_dir():
            raise ConfigError(f"--token-file {path}: there is no folder {path.parent}: make it") from None
        return None
    except OSError as error:
        raise ConfigError(f"--token-file {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        text = ""
    if not _GUID.fullmatch(text):
        raise ConfigError(f"--token-file {path}: holds something else than a token: name another file")
    return text


def write(path: Path, token: str) -> None:
    """Put a token into a new file of mode 0600, durably.

    Raises:
        ConfigError: it is there already, or cannot be written.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(f"{token}\n")
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            with suppress(OSError):
                path.unlink()
            raise
    except OSError as error:
        raise ConfigError(
            f"--token-file {path}: cannot be written: {error.strerror}: call this command again"
        ) from None
