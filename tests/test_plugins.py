"""Finding plugins: what is asked for is imported and nothing else; what is broken says so."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from acctship import ConfigError, PluginError, config, plugins
from tests.cli.fakes import BROKEN, distribution, good


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder on sys.path; what is imported from it is forgotten afterwards."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    before = set(sys.modules)
    yield folder
    for name in set(sys.modules) - before:
        if str(folder) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


@pytest.mark.parametrize("name", BROKEN)
def test_broken_plugin_is_named_with_package_and_version(name: str, site: Path) -> None:
    source, reason = BROKEN[name]
    distribution(site, "strange-thing", {name: source})
    with pytest.raises(PluginError) as caught:
        plugins.find(name)
    assert str(caught.value).startswith("plugin strange-thing 1.2.3, entry point ")
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("no_such_module", "needs the module 'no_such_module'"),
        ("null:no_such_attribute", "AttributeError: module 'null' has no attribute 'no_such_attribute'"),
    ],
)
def test_entry_point_that_leads_nowhere_is_named(value: str, reason: str, site: Path) -> None:
    distribution(site, "strange-thing", {"null": good()}, {"null": value})
    with pytest.raises(PluginError) as caught:
        plugins.find("null")
    assert str(caught.value).startswith(f"plugin strange-thing 1.2.3, entry point null = {value}: ")
    assert reason in str(caught.value)


def test_find_all_gives_what_works_and_an_error_for_each_that_does_not(site: Path) -> None:
    for name, (source, _) in BROKEN.items():
        distribution(site, f"strange-{name}", {name: source})
    distribution(site, "fine-thing", {"null": good()})
    found, broken = plugins.find_all()
    assert [(one.spec.name, one.plugin.distribution) for one in found] == [
        ("elasticsearch", "acctship"),
        ("fluentd", "acctship"),
        ("jsonl", "acctship"),
        ("null", "fine-thing"),
        ("splunk_hec", "acctship"),
        ("syslog", "acctship"),
    ]
    assert len(broken) == len(BROKEN)


def test_of_two_packages_with_one_name_neither_wins(site: Path) -> None:
    distribution(site, "one-thing", {"null": good()})
    distribution(site, "other-thing", {"null2": good()}, {"null": "null2"}, version="7")
    with pytest.raises(PluginError, match=r"'null' is brought by one-thing 1.2.3 and other-thing 7: uninstall all but"):
        plugins.find("null")
    assert "null" not in sys.modules
    assert "null2" not in sys.modules


def test_interrupt_at_import_is_no_fault_of_the_plugin(site: Path) -> None:
    distribution(site, "fine-thing", {"null": "raise KeyboardInterrupt"})
    with pytest.raises(KeyboardInterrupt):
        plugins.find("null")


def test_one_module_may_bring_several_outputs(site: Path) -> None:
    source = good() + '    yield acctship.OutputSpec("twin", Config, "Keeps nothing, too")\n'
    distribution(site, "fine-thing", {"null": source}, {"null": "null", "twin": "null"})
    assert {found.spec.name for found in plugins.find_all()[0]} == {
        "elasticsearch", "fluentd", "jsonl", "null", "splunk_hec", "syslog", "twin",
    }  # fmt: skip


def test_only_the_output_that_is_asked_for_is_imported(site: Path) -> None:
    distribution(site, "fine-thing", {"null": good()})
    distribution(site, "idle-thing", {"idle": good("idle")})
    plugins.find("null")
    assert "null" in sys.modules
    assert "idle" not in sys.modules
    assert plugins.names() == ["elasticsearch", "fluentd", "idle", "jsonl", "null", "splunk_hec", "syslog"]


def test_unknown_output_suggests_the_nearest(site: Path) -> None:
    distribution(site, "fine-thing", {"null": good()})
    with pytest.raises(PluginError, match=r"no output 'jsonk'; did you mean jsonl\?"):
        plugins.find("jsonk")
    known = "elasticsearch, fluentd, jsonl, null, splunk_hec, syslog"
    with pytest.raises(PluginError, match=f"no output 'zzz'; there are {known}"):
        plugins.find("zzz")


def test_plugin_is_given_its_own_keys_only(site: Path, tmp_path: Path) -> None:
    distribution(site, "fine-thing", {"null": good(keys="level: int")})
    file = tmp_path / "config.toml"
    file.write_text('[outputs.a]\ntype = "null"\nlevel = 3\nomit = "minimal"\n[outputs.a.delivery]\nin_flight = 2\n')
    (deployed,) = config.load(file).outputs()
    assert deployed.config == type(deployed.config)(level=3)
    assert (deployed.limits.in_flight, deployed.found.plugin.package) == (2, "fine-thing 1.2.3")
    file.write_text('[outputs.a]\ntype = "null"\nlevle = 3\n')
    with pytest.raises(ConfigError, match=r"outputs.a.levle: unknown key; did you mean level\?"):
        config.load(file).outputs()
