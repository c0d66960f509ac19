"""What `acctship setup elasticsearch` refuses, and what it says where a cluster refuses."""

from __future__ import annotations

import pytest

from tests.cli.command import acctship
from tests.outputs.elasticsearch.gaps import Cluster, Setup


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--retention", "399"), "retention of 399 days: 400 are 12 months and a margin (PCI DSS 10.5.1)"),
        (("--snapshots", "s", "--searchable", "91"), "91 days searched at once: 92 are three months (PCI DSS 10.5.1)"),
        (("--searchable", "100"), "--searchable means nothing without --snapshots"),
        (("--snapshots", "s", "--searchable", "500"), "--searchable 500: is longer than the retention of 400 days"),
        (("--retention", "0"), "--retention"),
        (("--key-file", "k"), "--key-file says what to do with a key: name it with --key-name"),
        (("--expires", "9"), "--expires says"),
        (("--revoke",), "--revoke says"),
        (("--username", "ann"), "no password"),
        (("--username", "ann", "--api-key-file", "k"), "not both"),
    ],
)
def test_wrong_usage_changes_nothing(arguments: tuple[str, ...], said: str, cluster: Cluster, setup: Setup) -> None:
    done = setup(*arguments)
    assert done.code == 2
    assert said in " ".join(done.err.split())
    assert cluster.asked == []


def test_less_time_is_kept_by_force_alone(cluster: Cluster, setup: Setup) -> None:
    assert setup("--retention", "30", "--force").code == 0
    assert cluster.lifecycles["logs-acct.process-default"]["data_retention"] == "30d"


def test_no_cluster_is_wrong_usage() -> None:
    done = acctship("setup", "elasticsearch")
    assert done.code == 2
    assert "Name a cluster: --url https://HOST:PORT, or --cloud-id" in done.err


@pytest.mark.parametrize(
    ("status", "said"), [(401, "check the user and the password"), (403, "elasticsearch-setup.md#rights")]
)
def test_who_may_not_is_told_what_it_takes(status: int, said: str, cluster: Cluster, setup: Setup) -> None:
    cluster.refused = status
    done = setup()
    assert done.code == 1
    assert f"flat_settings=true: HTTP {status}: security_exception: action [indices:" in done.error
    assert said in done.error
    assert cluster.changes == []


def test_nobody_there_is_one_line(cluster: Cluster, setup: Setup) -> None:
    cluster.server_close()
    cluster.shutdown()
    done = setup()
    assert done.code == 1
    assert "GET /_component_template/acctship@mappings" in done.error
    assert "onnection" in done.error
