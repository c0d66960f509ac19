"""Pack TA-acctship into dist/TA-acctship-VERSION.spl, which `splunk install app`, Splunk Web and Splunk Cloud take.

The same files give the same bytes, whoever packs them, when and where: sorted, without owners, times and umask.
"""

from __future__ import annotations

import gzip
import io
import sys
import tarfile
from configparser import ConfigParser
from pathlib import Path

ADD_ON = Path(__file__).parent / "TA-acctship"
EPOCH = 315_532_800
"""1980-01-01, of every file: a time that every archive format can hold."""


def version() -> str:
    """What default/app.conf says."""
    conf = ConfigParser(interpolation=None)
    conf.read(ADD_ON / "default/app.conf", "utf-8")
    return conf["launcher"]["version"]


def pack() -> bytes:
    """The add-on as one archive; what a site keeps in `local/`, and hidden files, stay out."""
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path in [ADD_ON, *sorted(ADD_ON.rglob("*"))]:
            inside = path.relative_to(ADD_ON)
            if not any(part.startswith(".") or part in {"local", "__pycache__"} for part in inside.parts):
                _add(archive, path, (Path(ADD_ON.name) / inside).as_posix())
    return gzip.compress(held.getvalue(), 9, mtime=0)


def _add(archive: tarfile.TarFile, path: Path, name: str) -> None:
    entry = tarfile.TarInfo(name)
    entry.mtime = EPOCH
    if path.is_dir():
        entry.type, entry.mode = tarfile.DIRTYPE, 0o755
        archive.addfile(entry)
        return
    data = path.read_bytes()
    entry.size, entry.mode = len(data), 0o755 if path.parent.name == "bin" else 0o644
    archive.addfile(entry, io.BytesIO(data))


def main(folder: Path) -> None:
    """Write the archive into a folder, and say where."""
    target = folder / f"{ADD_ON.name}-{version()}.spl"
    folder.mkdir(parents=True, exist_ok=True)
    target.write_bytes(pack())
    print(target)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "dist"))
