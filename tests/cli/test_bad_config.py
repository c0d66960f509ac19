"""Configurations that are wrong: one line with file, key and advice, and exit code 3; nothing is shipped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.command import Done, accounting, acctship, heed_permissions
from tests.cli.fakes import distribution, good


@pytest.fixture
def ship(run: Callable[..., Done], site: Path, tmp_path: Path) -> Callable[[str], Done]:
    """Ship with a configuration, where an output `null` with a secret is installed."""
    distribution(site, "fine-thing", {"null": good(keys="token: acctship.Secret\n    level: int = 1")})
    (tmp_path / "pacct").write_bytes(accounting(2))

    def ship(config: str) -> Done:
        (tmp_path / "my.toml").write_text(config)
        return run("run", "--once", "-c", "my.toml", "-f", "pacct")

    return ship


COPY = '[outputs.copy]\ntype = "jsonl"\n'
NULL = '[outputs.siem]\ntype = "null"\n'


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("[sauce]\n", "sauce: unknown key; did you mean source?"),
        (f"verbose = true\n{COPY}", "verbose: unknown key; known are source, state, "),
        (f'[source]\npaht = "/x"\n{COPY}', "source.paht: unknown key; did you mean path?"),
        (f"[source]\npath = 7\n{COPY}", "source.path: expected text"),
        (f"[source]\nlabels = {{ a = 1 }}\n{COPY}", "source.labels"),
        (f'{COPY}pahth = "x"\n', "outputs.copy.pahth: unknown key; did you mean path?"),
        (f"{COPY}path = 7\n", "outputs.copy.path: expected text"),
        (f'{COPY}omit = "smal"\n', "outputs.copy.omit: no preset 'smal'"),
        (f'{COPY}omit = ["acct.cpuu"]\n', "outputs.copy.omit: no field 'acct.cpuu'; did you mean acct.cpu?"),
        (f'{COPY}omit = ["event.id"]\n', "outputs.copy.omit: event.id cannot be omitted"),
        (f"{COPY}omit = 7\n", "outputs.copy.omit: expected the name of a preset, or a list of fields"),
        (f"{COPY}where = 7\n", "outputs.copy.where: expected a table, got a whole number"),
        (
            f'{COPY}where = {{ exclude = [{{ comand = "sh" }}] }}\n',
            "outputs.copy.where.exclude[0].comand: unknown key; did you mean command?",
        ),
        (f'{COPY}start = "now"\n', 'outputs.copy.start: expected "present" or "oldest"'),
        (f'{COPY}[state]\ndir = "/x"\n', "state.dir: unknown key; known are directory"),
        (
            f"{COPY}[outputs.copy.delivery]\nbatch = 7\n",
            "outputs.copy.delivery.batch: unknown key; did you mean batch_",
        ),
        (f"{COPY}[outputs.copy.delivery]\nin_flight = 0\n", "outputs.copy.delivery.in_flight: expected"),
        (f'{COPY}[outputs.copy.delivery]\ntimeout = "2 fortnights"\n', "outputs.copy.delivery.timeout: '2 fortnights'"),
        (f"{COPY}[outputs.copy.delivery]\ntimeout = inf\n", "outputs.copy.delivery.timeout"),
        (f'{COPY}[outputs.copy.delivery]\nguarantee = "written"\n', "outputs.copy.delivery.guarantee: follows from"),
        (f"{COPY}delivery = 7\n", "outputs.copy.delivery: expected a table"),
        (f"canary = 7\n{COPY}", "canary: expected a table, got a whole number"),
        ("[outputs.copy]\n", 'outputs.copy.type: missing: write type = "..."'),
        ('[outputs.copy]\ntype = "jsonk"\n', "outputs.copy.type: no output 'jsonk'; did you mean jsonl?"),
        ('[outputs."a b"]\ntype = "jsonl"\n', "outputs.a b: an output's name is made of letters, digits, - and _"),
        ("[outputs]\ncopy = 7\n", "outputs.copy: expected a table [outputs.copy]"),
        ("outputs = 7\n", "outputs: expected tables [outputs.NAME]"),
        ("source = 7\n" + COPY, "source: expected a table, got a whole number"),
        ("", "no output: add [outputs.NAME]"),
        ("= 7\n", "is not TOML: "),
        (NULL, "outputs.siem.token: missing; it must be set"),
        (f'{NULL}token = "hunter2"\n', "outputs.siem.token: a secret is never written here: say where it is"),
        (f'{NULL}token = {{ env = "NOT_SET" }}\n', "outputs.siem.token: secret env NOT_SET: $NOT_SET is not set"),
        (
            f'{NULL}token = {{ file = "/no/such/file" }}\n',
            "outputs.siem.token: secret file /no/such/file: No such file",
        ),
        (f'{NULL}token = {{ file = "/dev/null" }}\n', "outputs.siem.token: secret file /dev/null: is empty"),
        (f'{NULL}token = {{ vault = "x" }}\n', "outputs.siem.token: a secret is never written here"),
        (
            f'{NULL}token = {{ credential = "x" }}\n',
            "outputs.siem.token: secret credential x: $CREDENTIALS_DIRECTORY is",
        ),
        (
            f'{NULL}token = {{ env = "PATH" }}\nlevel = "high"\n',
            "outputs.siem.level: expected a whole number, got text",
        ),
    ],
)
def test_wrong_key_is_one_line(config: str, said: str, ship: Callable[[str], Done]) -> None:
    done = ship(config)
    assert (done.code, done.out) == (3, b"")
    assert done.error.startswith("my.toml: ")
    assert said in done.error
    assert "hunter2" not in done.err


@pytest.mark.parametrize("command", [("decode",), ("run", "--once"), ("check",)])
def test_configuration_that_cannot_be_read(command: tuple[str, ...], tmp_path: Path) -> None:
    hidden = tmp_path / "hidden.toml"
    hidden.write_text(COPY)
    hidden.chmod(0)
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe")
    for path, said in (
        (tmp_path / "missing.toml", "no such file"),
        (tmp_path, "cannot be read: Is a directory"),
        (hidden, "cannot be read: Permission denied"),
        (binary, "is not UTF-8 text"),
    ):
        done = acctship(*command, "-c", path, before=heed_permissions)
        assert done.code == 3
        assert done.error == f"{path}: {said}"


def test_files_of_conf_d_are_merged(run: Callable[..., Done], tmp_path: Path) -> None:
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "my.toml").write_text('[source]\nlabels = { site = "home" }\n')
    (tmp_path / "conf.d/20.toml").write_text('[outputs.copy]\npath = "copy.jsonl"\n')
    (tmp_path / "conf.d/10.toml").write_text('[outputs.copy]\ntype = "jsonl"\n[source]\nlabels = { rack = "7" }\n')
    (tmp_path / "conf.d/ignored.toml~").write_text("= no TOML")
    (tmp_path / "pacct").write_bytes(accounting(2))
    done = run("run", "--once", "-c", "my.toml", "-f", "pacct")
    assert (done.code, done.out) == (0, b"")
    assert (tmp_path / "copy.jsonl").read_bytes().count(b'"labels":{"site":"home","rack":"7"}') == 2


def test_key_that_is_set_twice_names_both_files(run: Callable[..., Done], tmp_path: Path) -> None:
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "my.toml").write_text('[outputs.copy]\ntype = "jsonl"\npath = "a"\n')
    (tmp_path / "conf.d/more.toml").write_text('[outputs.copy]\npath = "b"\n')
    done = run("run", "--once", "-c", "my.toml", "-f", "pacct")
    assert done.code == 3
    assert done.error == "conf.d/more.toml: outputs.copy.path: is set in my.toml already"


def test_wrong_key_in_conf_d_names_its_own_file(run: Callable[..., Done], tmp_path: Path) -> None:
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "my.toml").write_text(COPY)
    (tmp_path / "conf.d/more.toml").write_text('[outputs.copy]\npaht = "b"\n')
    done = run("run", "--once", "-c", "my.toml", "-f", "pacct")
    assert done.code == 3
    assert done.error.startswith("conf.d/more.toml: outputs.copy.paht: unknown key")


def test_two_outputs_that_write_to_one_file_are_refused(run: Callable[..., Done], tmp_path: Path) -> None:
    (tmp_path / "my.toml").write_text(
        '[outputs.one]\ntype = "jsonl"\npath = "events"\n[outputs.two]\ntype = "jsonl"\npath = "events"\n'
    )
    (tmp_path / "pacct").write_bytes(accounting(2))
    done = run("run", "--once", "-c", "my.toml", "-f", "pacct")
    assert done.code == 1
    assert "events: another process, or another output, writes to it" in done.err
    assert len((tmp_path / "events").read_bytes().splitlines()) == 2
