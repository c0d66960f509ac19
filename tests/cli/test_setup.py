"""`acctship setup NAME`: a plugin's own command, found through its hook, loaded when it is called."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.command import Done
from tests.cli.fakes import BROKEN, distribution, good

HOOK = """

def load():
    from setup_of_NAME import command
    return command

@acctship.hookimpl
def acctship_setup():
    yield acctship.SetupSpec("NAME", load, "Prepare NAME")
"""
COMMAND = """
import click

@click.command()
@click.option("--name", default="you")
def command(name):
    click.echo(f"ready, {name}")
"""


def with_setup(name: str, command: str = COMMAND) -> dict[str, str]:
    return {name: good(name) + HOOK.replace("NAME", name), f"setup_of_{name}": command}


def test_command_is_mounted(site: Path, run: Callable[..., Done]) -> None:
    distribution(site, "fine-thing", with_setup("pager"), {"pager": "pager"})
    listed = run("setup", "--help")
    assert (listed.code, listed.err) == (0, "")
    assert re.search("^  pager +Prepare pager$", listed.out.decode(), re.MULTILINE)
    done = run("setup", "pager", "--name", "Ann")
    assert (done.code, done.out, done.err) == (0, b"ready, Ann\n", "")


def test_command_is_loaded_only_when_it_is_called(site: Path, run: Callable[..., Done]) -> None:
    distribution(site, "fine-thing", with_setup("pager", "raise RuntimeError('loaded')"), {"pager": "pager"})
    assert run("setup", "--help").code == 0
    assert run("outputs", "list").code == 0
    done = run("setup", "pager")
    assert done.code != 0
    assert "RuntimeError: loaded" in done.error


def test_missing_library_of_a_command_is_one_line(site: Path, run: Callable[..., Done]) -> None:
    distribution(site, "fine-thing", with_setup("pager", "import no_such_client_library"), {"pager": "pager"})
    done = run("setup", "pager")
    assert done.code == 3
    assert "setup pager: a library is missing: No module named 'no_such_client_library'" in done.error


def test_broken_plugins_are_named_once_and_hide_no_command(site: Path, run: Callable[..., Done]) -> None:
    distribution(site, "fine-thing", with_setup("pager"), {"pager": "pager"})
    distribution(site, "strange-thing", {"raises_at_import": BROKEN["raises_at_import"][0]})
    done = run("setup", "pager")
    assert (done.code, done.out) == (0, b"ready, you\n")
    assert "plugin strange-thing 1.2.3" in done.error


def test_setup_hook_that_yields_rubbish_breaks_the_plugin(site: Path, run: Callable[..., Done]) -> None:
    source = with_setup("pager")["pager"].replace("yield acctship.SetupSpec", "yield tuple")
    distribution(site, "strange-thing", {"pager": source.replace('("pager", load, "Prepare pager")', "()")})
    done = run("setup", "--help")
    assert "acctship_setup() yielded (), not an acctship.SetupSpec" in done.error


def test_each_entry_point_of_a_package_keeps_its_commands(site: Path, run: Callable[..., Done]) -> None:
    modules = with_setup("pager") | with_setup("phone")
    distribution(site, "fine-thing", modules, {"pager": "pager", "phone": "phone"})
    listed = run("setup", "--help").out.decode()
    assert "Prepare pager" in listed
    assert "Prepare phone" in listed


def test_module_behind_two_entry_points_brings_its_command_once(site: Path, run: Callable[..., Done]) -> None:
    modules = with_setup("pager")
    modules["pager"] += '\n\n@acctship.hookimpl(specname="acctship_outputs")\ndef more():\n'
    modules["pager"] += '    yield acctship.OutputSpec("phone", Config, "Another")\n'
    distribution(site, "fine-thing", modules, {"pager": "pager", "phone": "pager"})
    done = run("setup", "pager")
    assert (done.code, done.out, done.err) == (0, b"ready, you\n", "")


def test_clash_of_commands_names_both_packages(site: Path, run: Callable[..., Done]) -> None:
    distribution(site, "one-thing", with_setup("pager"), {"pager": "pager"})
    clashing = good("phone") + HOOK.replace("NAME", "pager")
    distribution(site, "other-thing", {"phone": clashing})
    done = run("setup", "pager")
    assert done.code == 3
    assert "one-thing 1.2.3" in done.error
    assert "other-thing 1.2.3" in done.error


@pytest.mark.parametrize("arguments", [("setup", "nobody"), ("setup", "--nothing")])
def test_unknown_command_is_wrong_usage(arguments: tuple[str, ...], run: Callable[..., Done]) -> None:
    done = run(*arguments)
    assert done.code == 2
    assert "Traceback" not in done.err


def test_commands_that_come_with_acctship_are_listed(run: Callable[..., Done]) -> None:
    done = run("setup", "--help")
    assert (done.code, done.err) == (0, "")
    assert re.search("^  elasticsearch +Templates, ", done.out.decode(), re.MULTILINE)
    assert re.search("^  splunk +Create the index and the token", done.out.decode(), re.MULTILINE)
