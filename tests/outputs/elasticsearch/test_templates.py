"""The templates before any server sees them: complete, typed, of ECS's types, and told apart by version."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from acctship.events.fields import leaves
from acctship.outputs.elasticsearch.lifecycle import Lifecycle
from acctship.outputs.elasticsearch.mapping import field_types, mappings
from acctship.outputs.elasticsearch.templates import DATASETS, PRIORITY, VERSION, stream, templates
from tests.events.ecs_fields import ECS_FIELDS, FAMILIES
from tests.paths import EXAMPLES

EXAMPLES = EXAMPLES / "elasticsearch/templates"
DIGESTS = {1: "f67cf03b5d065c4c9e375ad32bf7d7d22dd77e784dc363cad1ea6c3ecca52c05"}
"""What the templates of each version are: one that changes needs a new version, or nobody is told to install it."""


def objects(part: Any) -> Iterator[dict[str, Any]]:
    if isinstance(part, dict):
        yield part
        for value in part.values():
            yield from objects(value)


def test_every_field_has_a_type() -> None:
    assert field_types().keys() == {field.name for field in leaves() if field.type != "map"} | {"labels.*"}


def test_types_are_those_of_ecs_or_of_their_family() -> None:
    ecs = {name: kind for name, kind in field_types().items() if not name.startswith(("acct.", "labels."))}
    assert ecs == {name: FAMILIES.get(ECS_FIELDS[name], ECS_FIELDS[name]) for name in ecs}


def test_nothing_but_labels_is_dynamic() -> None:
    dynamic = [part for part in objects(mappings()) if part.get("dynamic", False)]
    assert dynamic == [mappings()["properties"]["labels"]]
    assert mappings()["dynamic"] is False


@pytest.mark.parametrize("dataset", DATASETS)
def test_each_data_stream_has_a_template_of_its_own(dataset: str) -> None:
    body = templates(Lifecycle())[f"/_index_template/logs-{dataset}"]
    assert body["index_patterns"] == [f"logs-{dataset}-*"]
    assert stream(dataset, "default").startswith(body["index_patterns"][0][:-1])
    assert body["priority"] == PRIORITY > 200
    assert "data_stream" in body
    custom = f"logs-{dataset}@custom"
    assert body["composed_of"][-1] == custom, "a site's own wins"
    assert body["ignore_missing_component_templates"] == [custom]
    there = {path.removeprefix("/_component_template/") for path in templates(Lifecycle())}
    assert set(body["composed_of"]) - there == {custom}


def test_templates_say_which_version_they_are() -> None:
    for body in templates(Lifecycle()).values():
        assert body["version"] == body["_meta"]["version"] == VERSION
    mapping = templates(Lifecycle())["/_component_template/acctship@mappings"]["template"]["mappings"]
    assert mapping["_meta"]["version"] == VERSION, "an index tells by it which mapping it was made with"


def test_templates_that_change_have_a_new_version() -> None:
    text = json.dumps(templates(Lifecycle()), sort_keys=True)
    assert DIGESTS[VERSION] == hashlib.sha256(text.encode()).hexdigest()


def test_retention_is_the_stream_s_own() -> None:
    template = templates(Lifecycle(retention=500))["/_component_template/acctship@settings"]["template"]
    assert template["lifecycle"] == {"data_retention": "500d"}
    assert "index.lifecycle.name" not in template["settings"]


def test_with_snapshots_a_policy_has_it_in_hand() -> None:
    made = templates(Lifecycle(400, 92, "backups"))
    assert next(iter(made)) == "/_ilm/policy/acctship", "it has to be there before an index names it"
    phases = made["/_ilm/policy/acctship"]["policy"]["phases"]
    assert phases["frozen"]["min_age"] == "92d"
    assert phases["frozen"]["actions"] == {"searchable_snapshot": {"snapshot_repository": "backups"}}
    assert phases["delete"]["min_age"] == "400d"
    template = made["/_component_template/acctship@settings"]["template"]
    assert template["settings"]["index.lifecycle.name"] == "acctship"
    assert "lifecycle" not in template, "two lifecycles would compete"


@pytest.mark.parametrize(
    ("lifecycle", "short"),
    [
        (Lifecycle(), False),
        (Lifecycle(399), True),
        (Lifecycle(400, 91, "backups"), True),
        (Lifecycle(400, 92, "backups"), False),
        (Lifecycle(4000, 400, "backups"), False),
    ],
)
def test_what_is_shorter_than_auditors_want_is_named(lifecycle: Lifecycle, short: bool) -> None:
    assert (lifecycle.too_short() is not None) == short


def test_files_for_sites_are_what_setup_installs(golden: Callable[[Path, str], None]) -> None:
    names = set()
    for path, body in templates(Lifecycle()).items():
        kind, name = path[2:].split("/")
        file = EXAMPLES / f"{kind.replace('_', '-')}-{name}.json"
        names.add(file.name)
        golden(file, json.dumps(body, indent=2) + "\n")
    assert {file.name for file in EXAMPLES.iterdir()} == names
