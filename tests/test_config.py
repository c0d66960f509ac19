"""The configuration in parts: defaults, merging, durations, limits; what is wrong is told in tests/cli."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from acctship import ConfigError, PluginError, config
from acctship.deployed import Deployed, HostKeys
from acctship.events.omit import PRESETS
from acctship.events.where import Conditions, Where
from acctship.output import RESERVED_KEYS


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "acctship.toml"


def outputs(file: Path, text: str) -> list[Deployed]:
    file.write_text(text, "utf-8")
    return config.load(file).outputs()


def test_without_a_file_events_go_to_standard_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for missing in (tmp_path / "missing.toml", tmp_path / "missing/acctship.toml"):
        monkeypatch.setattr(config, "DEFAULT", missing)
        settings = config.load()
        assert (settings.paths, settings.source) == ((), config.SourceConfig())
        assert settings.state.directory == "/var/lib/acctship"
        (deployed,) = settings.outputs()
        assert (deployed.name, deployed.type, deployed.limits.guarantee) == ("stdout", "jsonl", "written")
        assert (deployed.omit, deployed.where, deployed.start) == (frozenset(), None, "present")


def test_default_file_is_read_where_it_is_there(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "DEFAULT", file)
    file.write_text('[source]\ntags = ["here"]\n')
    settings = config.load()
    assert settings.paths == (file,)
    assert settings.source.tags == ("here",)


def test_default_file_that_cannot_be_looked_at_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    class Hidden(type(Path())):  # type: ignore[misc]
        def stat(self, *, follow_symlinks: bool = True) -> object:  # noqa: ARG002 - pathlib's
            raise PermissionError(errno.EACCES, "Permission denied")

        def read_text(self, *_: object, **__: object) -> str:
            raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(config, "DEFAULT", Hidden("/etc/acctship/acctship.toml"))
    with pytest.raises(ConfigError, match=r"/etc/acctship/acctship\.toml: cannot be read: Permission denied"):
        config.load()


def test_source(file: Path) -> None:
    file.write_text('[source]\npath = "/x"\nlabels = { "a b" = "\u00fc" }\ntags = ["t", "u"]\n', "utf-8")
    source = config.load(file).source
    assert (source.path, source.labels, source.tags) == ("/x", {"a b": "\u00fc"}, ("t", "u"))


def test_state(file: Path) -> None:
    file.write_text("[source]\n")
    assert config.load(file).state == config.StateConfig("/var/lib/acctship")
    file.write_text('[state]\ndirectory = "/srv/acctship"\n')
    assert config.load(file).state.directory == "/srv/acctship"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("state = 7", "state: expected a table"),
        ("[state]\ndirectory = 7", "state.directory: expected text"),
        ('[state]\ndirectory = ""', "state.directory: expected text of length >= 1"),
        ('[state]\ndirectry = "/x"', "state.directry: unknown key; did you mean directory?"),
    ],
)
def test_wrong_state_is_refused(text: str, said: str, file: Path) -> None:
    file.write_text(f"{text}\n")
    with pytest.raises(ConfigError) as refused:
        config.load(file)
    assert str(refused.value).startswith(f"{file}: {said}")


def test_filter_and_starting_point(file: Path) -> None:
    first, second = outputs(
        file,
        """
        [outputs.a]
        type = "jsonl"
        start = "oldest"
        where = { exclude = [{ command = "sh", user = "zabbix" }] }
        [outputs.b]
        type = "jsonl"
        start = "present"
        [[outputs.b.where.include]]
        failed = true
        """,
    )
    assert (first.start, first.where) == ("oldest", Where(exclude=(Conditions(command="sh", user="zabbix"),)))
    assert (second.start, second.where) == ("present", Where(include=(Conditions(failed=True),)))


@pytest.mark.parametrize("start", ['"newest"', "7", "[]", "{}", "true"])
def test_unknown_starting_point_is_refused(start: str, file: Path) -> None:
    with pytest.raises(ConfigError, match=r'acctship\.toml: outputs\.a\.start: expected "present" or "oldest"'):
        outputs(file, f'[outputs.a]\ntype = "jsonl"\nstart = {start}\n')


def test_wrong_filter_is_told_with_the_file_that_holds_it(file: Path) -> None:
    folder = file.parent / "conf.d"
    folder.mkdir()
    file.write_text('[outputs.a]\ntype = "jsonl"\nwhere = { include = [{ user = 1 }] }\n')
    (folder / "b.toml").write_text('[outputs.a.where]\nexclude = [{ user = 1 }, { "x.y:z" = 1 }]\n')
    with pytest.raises(ConfigError, match=r"conf\.d/b\.toml: outputs\.a\.where\.exclude\[1\]\.x\.y:z: unknown key"):
        config.load(file).outputs()


def test_keys_of_every_output_are_those_that_no_plugin_may_have() -> None:
    assert sorted(HostKeys.__struct_fields__) == sorted(RESERVED_KEYS)


def test_outputs_keep_their_order_and_names(file: Path) -> None:
    deployed = outputs(file, '[outputs.b]\ntype = "jsonl"\n[outputs.a-1_Z]\ntype = "jsonl"\npath = "x"\n')
    assert [one.name for one in deployed] == ["b", "a-1_Z"]
    assert [one.type for one in deployed] == ["jsonl", "jsonl"]


def test_limits_are_the_plugins_but_for_what_the_site_sets(file: Path) -> None:
    (deployed,) = outputs(file, '[outputs.a]\ntype = "jsonl"\n[outputs.a.delivery]\nlinger = "2s"\ntimeout = 5\n')
    limits = deployed.limits
    assert (limits.linger, limits.timeout, limits.batch_events, limits.guarantee) == (2.0, 5.0, 2000, "written")


@pytest.mark.parametrize(
    ("limit", "place"),
    [
        ("in_flight = 65", "in_flight"),
        ("in_flight = 1.5", "in_flight"),
        ("batch_events = 0", "batch_events"),
        ("batch_bytes = -1", "batch_bytes"),
        ("linger = -1", "linger"),
        ("timeout = 0", "timeout"),
        ('timeout = "0s"', "timeout"),
        ("timeout = nan", "timeout"),
        ("timeout = inf", "timeout"),
        ("linger = inf", "linger"),
        ("timeout = true", "timeout"),
    ],
)
def test_limit_out_of_range_is_refused(limit: str, place: str, file: Path) -> None:
    with pytest.raises(ConfigError, match=rf"outputs\.a\.delivery\.{place}: "):
        outputs(file, f'[outputs.a]\ntype = "jsonl"\n[outputs.a.delivery]\n{limit}\n')


@pytest.mark.parametrize(
    ("omit", "expected"),
    [
        ('"full"', frozenset()),
        ('"minimal"', frozenset(PRESETS["minimal"])),
        ('["acct.cpu", "log"]', frozenset({"acct.cpu", "log"})),
        ("[]", frozenset()),
    ],
)
def test_omit(omit: str, expected: frozenset[str], file: Path) -> None:
    (deployed,) = outputs(file, f'[outputs.a]\ntype = "jsonl"\nomit = {omit}\n')
    assert deployed.omit == expected


def test_what_outputs_omit_is_known_without_their_plugins(file: Path) -> None:
    file.write_text('[outputs.a]\ntype = "no_such_output"\nomit = ["log"]\n[outputs.b]\n')
    assert config.load(file).omissions() == {"a": frozenset({"log"}), "b": frozenset()}
    file.write_text("[source]\n")
    assert config.load(file).omissions() == {}
    for wrong, said in (('a = { omit = "less" }', "no preset 'less'"), ("a = { omit = 7 }", "expected the name of a")):
        file.write_text(f"[outputs]\n{wrong}\n")
        with pytest.raises(ConfigError, match=rf"acctship\.toml: outputs\.a\.omit: {said}"):
            config.load(file).omissions()
    file.write_text('[outputs."\\u001b[31m"]\n')
    with pytest.raises(ConfigError, match="an output's name is made of"):
        config.load(file).omissions()
    file.write_text("[outputs]\na = 7\n")
    with pytest.raises(ConfigError, match=r"acctship\.toml: outputs\.a: expected a table \[outputs\.a\]"):
        config.load(file).omissions()


def test_files_of_conf_d_are_read_in_the_order_of_their_names(file: Path) -> None:
    folder = file.parent / "conf.d"
    folder.mkdir()
    file.write_text('[outputs.main]\ntype = "jsonl"\n')
    for name in ("20-b", "10-a", "3-c"):
        (folder / f"{name}.toml").write_text(f'[outputs.o{name}]\ntype = "jsonl"\n')
    (folder / "README").write_text("no TOML")
    settings = config.load(file)
    assert [path.name for path in settings.paths] == ["acctship.toml", "10-a.toml", "20-b.toml", "3-c.toml"]
    assert [one.name for one in settings.outputs()] == ["main", "o10-a", "o20-b", "o3-c"]


def test_table_and_value_of_one_name_clash(file: Path) -> None:
    folder = file.parent / "conf.d"
    folder.mkdir()
    file.write_text('[source]\npath = "x"\n')
    (folder / "a.toml").write_text("source = 7\n")
    with pytest.raises(ConfigError, match=r"conf\.d/a\.toml: source: is set in .*/acctship\.toml already"):
        config.load(file)


def test_broken_file_in_conf_d_is_named(file: Path) -> None:
    (file.parent / "conf.d").mkdir()
    file.write_text("")
    (file.parent / "conf.d/a.toml").write_text("= 7")
    with pytest.raises(ConfigError, match=r"conf\.d/a\.toml: is not TOML: .*line 1"):
        config.load(file)


def test_source_is_read_without_any_output(file: Path) -> None:
    file.write_text('[source]\npath = "x"\n[outputs.a]\ntype = "no_such_output"\n')
    settings = config.load(file)
    assert settings.source.path == "x"
    with pytest.raises(PluginError, match=r"acctship\.toml: outputs\.a\.type: no output 'no_such_output'"):
        settings.outputs()


def test_documented_example_is_right(file: Path) -> None:
    example = (config.__doc__ or "").partition("\n\n")[2]
    (deployed,) = outputs(file, example)
    assert (deployed.name, deployed.type) == ("copy", "jsonl")
    assert config.load(file).source.labels == {"environment": "production"}


def test_folder_that_cannot_be_listed_is_named(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_: Path) -> object:
        raise PermissionError(errno.EACCES, "Permission denied")

    file.touch()
    monkeypatch.setattr(Path, "iterdir", refused)  # root may list any
    with pytest.raises(ConfigError, match=r"conf\.d: cannot be read: Permission denied"):
        config.load(file)
