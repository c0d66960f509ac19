"""Groups that the daemon has from its unit."""

from __future__ import annotations

from pathlib import Path

from acctship.checks.access import Person
from acctship.checks.unit import as_in_unit

WHO = Person("acctship", 990, 990, frozenset([990]))
ADM = 4


def unit(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_machine_without_the_unit_adds_nothing(tmp_path: Path) -> None:
    assert as_in_unit(WHO, tmp_path) == WHO


def test_unit_of_the_site_comes_before_that_of_the_package(tmp_path: Path) -> None:
    unit(tmp_path, "usr/lib/systemd/system/acctship.service", "[Service]\nSupplementaryGroups=adm\n")
    assert as_in_unit(WHO, tmp_path).gids == {990, ADM}
    unit(tmp_path, "etc/systemd/system/acctship.service", "[Service]\nUser=acctship\n#SupplementaryGroups=adm\n")
    assert as_in_unit(WHO, tmp_path).gids == {990}


def test_what_is_added_counts_in_the_order_of_names(tmp_path: Path) -> None:
    unit(tmp_path, "etc/systemd/system/acctship.service.d/adm.conf", "[Service]\nSupplementaryGroups=adm no-such\n")
    assert as_in_unit(WHO, tmp_path) == Person("acctship", 990, 990, frozenset([990, ADM]))
    unit(tmp_path, "run/systemd/system/acctship.service.d/none.conf", "SupplementaryGroups=\n")
    assert as_in_unit(WHO, tmp_path).gids == {990}


def test_another_user_gets_nothing_of_it(tmp_path: Path) -> None:
    unit(tmp_path, "etc/systemd/system/acctship.service", "User=shipper\nSupplementaryGroups=adm\n")
    assert as_in_unit(WHO, tmp_path) == WHO
