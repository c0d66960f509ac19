"""Where things of the project lie."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
PACCT = EXAMPLES / "pacct"
"""Real records of a real kernel, made by examples/make_records.py."""
WEBHOOK, SQLITE = EXAMPLES / "acctship-output-webhook", EXAMPLES / "acctship-output-sqlite"
"""The strangers' plugins."""
