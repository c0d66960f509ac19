"""What `acctship check` says of the templates: theirs is a version, and the program's may be newer."""

from __future__ import annotations

import json

import pytest

from acctship import CheckedOutput
from acctship.outputs.elasticsearch.config import Config
from acctship.outputs.elasticsearch.lifecycle import Lifecycle
from acctship.outputs.elasticsearch.templates import VERSION, templates
from tests.outputs.elasticsearch.gaps import Cluster, Setup

BOTH = pytest.mark.parametrize("major", [8, 9])


def told(cluster: Cluster) -> str:
    """What the output's check says, less of the cluster and the data streams."""
    config = Config(url=cluster.url)
    output = config.output(config.delivery())
    assert isinstance(output, CheckedOutput)
    try:
        return output.check().rpartition("; ")[2]
    finally:
        output.close()


@BOTH
def test_templates_that_are_missing(cluster: Cluster) -> None:
    assert told(cluster) == "index template logs-acct.process is missing: run acctship setup elasticsearch"


@BOTH
def test_templates_of_this_version(cluster: Cluster, setup: Setup) -> None:
    assert setup().code == 0
    cluster.asked.clear()
    assert told(cluster) == f"index templates are of version {VERSION}"
    assert cluster.changes == []


def test_one_template_that_is_older_than_the_program(cluster: Cluster, setup: Setup) -> None:
    assert setup().code == 0
    path = "/_index_template/logs-acct.health"
    old = {**templates(Lifecycle())[path], "_meta": {"version": VERSION - 1}}
    assert cluster.forward("PUT", path, json.dumps(old).encode())[0] == 200
    assert told(cluster) == (
        f"index templates are of version {VERSION - 1}, older than {VERSION}: run acctship setup elasticsearch"
    )


def test_a_key_that_may_only_append(cluster: Cluster) -> None:
    cluster.refused = 403
    assert told(cluster) == "the version of the index templates is not told to this key"
