"""Whether a line is an event as `acctship schema` describes it."""

from __future__ import annotations

import json
from functools import cache

import msgspec
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from acctship.events.fields import json_schema
from acctship.events.schema import Event


def assert_valid_event(line: bytes) -> Event:
    """Validate one line of JSON, and show that nothing of it is lost when it is decoded and encoded again."""
    assert b"\n" not in line
    _validator().validate(json.loads(line))
    event = msgspec.json.decode(line, type=Event)
    assert msgspec.json.encode(event) == line
    return event


@cache
def _validator() -> Draft202012Validator:
    schema = json_schema()
    Draft202012Validator.check_schema(schema)
    checker = Draft202012Validator.FORMAT_CHECKER
    assert "date-time" in checker.checkers, "without rfc3339-validator no time would be checked"
    return Draft202012Validator(schema, format_checker=checker)
