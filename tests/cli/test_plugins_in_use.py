"""Broken, clashing and faulty plugins on the command line: one line, exit code 3, and nobody else is disturbed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.command import Done
from tests.cli.fakes import BROKEN, FAULTY_METHODS, distribution, good


def test_outputs_list_names_every_broken_plugin_and_goes_on(site: Path, run: Callable[..., Done]) -> None:
    for name, (source, _) in BROKEN.items():
        distribution(site, f"strange-{name}", {name: source})
    distribution(site, "fine-thing", {"null": good()})
    done = run("outputs", "list")
    assert done.code == 1
    assert [line.split()[0] for line in done.out.decode().splitlines()] == [
        "TYPE", "elasticsearch", "fluentd", "jsonl", "null", "splunk_hec", "syslog",
    ]  # fmt: skip
    assert b"fine-thing 1.2.3" in done.out
    lines = done.err.splitlines()
    for name, line in zip(sorted(BROKEN), lines, strict=True):
        assert line.startswith(f"acctship: plugin strange-{name} 1.2.3, ")
        assert BROKEN[name][1] in line


@pytest.mark.parametrize("name", BROKEN)
def test_using_a_broken_plugin_is_wrong_configuration(name: str, site: Path, ship_to: Callable[[str], Done]) -> None:
    distribution(site, "strange-thing", {name: BROKEN[name][0]})
    done = ship_to(name)
    assert (done.code, done.out) == (3, b"")
    assert done.error.startswith("config.toml: outputs.here.type: plugin strange-thing 1.2.3, ")


def test_broken_plugins_disturb_no_other(site: Path, run: Callable[..., Done], ship_to: Callable[[str], Done]) -> None:
    for name, (source, _) in BROKEN.items():
        distribution(site, f"strange-{name}", {name: source})
    distribution(site, "fine-thing", {"null": good()})
    done = ship_to("null")
    assert done.code == 0
    assert "2 events delivered" in done.error
    assert len(run("run", "--once", "-f", "pacct").events) == 2


@pytest.mark.parametrize("case", FAULTY_METHODS)
def test_faulty_config_class_is_the_plugins_fault(case: str, site: Path, ship_to: Callable[[str], Done]) -> None:
    old, new, reason = FAULTY_METHODS[case]
    assert good().count(old) == 1
    distribution(site, "strange-thing", {"null": good().replace(old, new)})
    done = ship_to("null")
    assert done.code == 3
    assert "outputs.here" in done.error
    assert "strange-thing 1.2.3" in done.error
    assert reason in done.error


def test_clash_names_both_packages(site: Path, run: Callable[..., Done], ship_to: Callable[[str], Done]) -> None:
    distribution(site, "one-thing", {"null": good()})
    distribution(site, "other-thing", {"null2": good()}, {"null": "null2"}, version="7")
    done = ship_to("null")
    assert done.code == 3
    assert "'null' is brought by one-thing 1.2.3 and other-thing 7: uninstall all but one" in done.error
    listed = run("outputs", "list")
    assert listed.code == 1
    assert "one-thing 1.2.3 and other-thing 7" in listed.error
    assert b"jsonl" in listed.out
    assert b"null" not in listed.out


def test_missing_client_library_says_what_to_install(site: Path, ship_to: Callable[[str], Done]) -> None:
    source = good(extra="pager").replace("return Null()", "import no_such_client_library")
    distribution(site, "acctship-output-null", {"null": source})
    done = ship_to("null")
    assert done.code == 3
    assert done.error.endswith("No module named 'no_such_client_library': pip install 'acctship-output-null[pager]'")


def test_contradicting_keys_are_wrong_configuration(site: Path, ship_to: Callable[[str], Done]) -> None:
    source = good().replace("return Null()", "raise acctship.ConfigError('url: choose one')")
    distribution(site, "fine-thing", {"null": source})
    done = ship_to("null")
    assert done.code == 3
    assert "outputs.here: url: choose one" in done.error


def test_bug_in_send_is_named_with_its_package_and_its_traceback_comes_only_with_debug(
    site: Path, run: Callable[..., Done], ship_to: Callable[[str], Done]
) -> None:
    distribution(site, "strange-thing", {"null": good().replace("return acctship.SendResult()", "return self.nothing")})
    done = ship_to("null")
    assert done.code == 1
    assert "0 events delivered, 2 NOT DELIVERED: a bug in strange-thing 1.2.3: AttributeError: " in done.error
    debugged = run("--debug", "run", "--once", "-c", "config.toml", "-f", "pacct")
    assert debugged.code == 1
    assert "return self.nothing" in debugged.err


def test_outputs_show_explains_the_keys_of_a_stranger(site: Path, run: Callable[..., Done]) -> None:
    keys = (
        'level: Annotated[int, Meta(description="How loud")]\n    token: acctship.Secret\n    note: str | None = None'
    )
    distribution(site, "fine-thing", {"null": good(keys=keys)})
    done = run("outputs", "show", "null")
    assert (done.code, done.err) == (0, "")
    lines = [" ".join(line.split()) for line in done.out.decode().splitlines()]
    assert lines[:2] == ["null: Keeps nothing", "Package: fine-thing 1.2.3"]
    assert "level whole number required How loud" in lines
    assert "token secret required" in lines
    assert "note text none" in lines
    assert any(line.startswith("in_flight whole number 1 ") for line in lines)


@pytest.mark.parametrize("case", [case for case in FAULTY_METHODS if case.startswith("delivery")])
def test_outputs_show_goes_on_where_delivery_is_faulty(case: str, site: Path, run: Callable[..., Done]) -> None:
    old, new, _ = FAULTY_METHODS[case]
    distribution(site, "strange-thing", {"null": good().replace(old, new)})
    done = run("outputs", "show", "null")
    assert (done.code, done.err) == (0, "")
    assert b"in_flight" in done.out


def test_outputs_show_of_limits_that_depend_on_keys(site: Path, run: Callable[..., Done]) -> None:
    source = good(keys="level: int").replace("acctship.Delivery()", "acctship.Delivery(in_flight=self.level + 1)")
    distribution(site, "fine-thing", {"null": source})
    done = run("outputs", "show", "null")
    assert done.code == 0
    assert b"depends on the keys above" in done.out


@pytest.mark.parametrize("error", ["SystemExit(0)", "KeyboardInterrupt", "GeneratorExit"])
@pytest.mark.parametrize("method", ["open(self)", "send(self, batch)", "close(self)"])
def test_output_that_would_end_the_program_does_not(
    error: str, method: str, site: Path, ship_to: Callable[[str], Done]
) -> None:
    first, _, rest = good().partition(f"def {method}: ")
    source = f"{first}def {method}: raise {error}\n{rest.partition(chr(10))[2]}"
    distribution(site, "strange-thing", {"null": source})
    done = ship_to("null")
    if method.startswith("close"):  # there is nobody left to tell
        assert (done.code, "2 events delivered" in done.error) == (0, True)
    else:
        assert done.code == 1
        assert "2 NOT DELIVERED: a bug in strange-thing 1.2.3: RuntimeError: it raised " in done.error
