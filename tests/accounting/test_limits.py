"""What `[accounting]` says of how much is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from acctship import ConfigError, config
from acctship.accounting.limits import Limits


def limits(folder: Path, text: str) -> Limits:
    path = folder / "acctship.toml"
    path.write_text(f"[accounting]\n{text}\n")
    return config.load(path).accounting.limits()


def test_defaults_are_a_month_and_a_gigabyte_and_nothing_by_force(tmp_path: Path) -> None:
    assert limits(tmp_path, "") == Limits(30 * 86_400.0, 10**9, None)
    assert config.load(tmp_path / "acctship.toml").accounting.group == "acctship"


def test_units_and_numbers(tmp_path: Path) -> None:
    text = 'max_age = "12h"\nmax_size = 1000\nhard_limit = "2GiB"'
    assert limits(tmp_path, text) == Limits(43_200.0, 1000, 2**31)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('max_age = "a month"', 'accounting.max_age: .* is no duration: write "500ms"'),
        ("max_age = -1", "accounting.max_age: expected a number >= 0"),
        ('max_size = "big"', 'accounting.max_size: .* is no size: write "500MB"'),
        ("max_size = -1", "accounting.max_size: expected a whole number >= 0"),
        ("hard_limit = true", "accounting.hard_limit: expected "),
        ("max_siez = 1", "accounting.max_siez: unknown key; did you mean max_size?"),
        ('group = ""', "accounting.group: "),
    ],
)
def test_what_is_wrong_is_named_with_its_file(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=f"^{tmp_path}/acctship.toml: {said}"):
        limits(tmp_path, text)
