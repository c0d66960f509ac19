"""What administrators of a cluster or of Splunk Cloud put into place themselves, for REST is wrong there.

Source: indexes.conf.spec, inputs.conf.spec; Splunk Cloud, Admin Config Service manual.
"""

from __future__ import annotations

import json

from acctship.outputs.splunk.setup_wanted import SOURCETYPE, Wanted

_CONF = """\
# indexes.conf: in an app below etc/manager-apps/ of the cluster manager; then `splunk apply cluster-bundle`.
[{index}]
homePath = $SPLUNK_DB/{index}/db
coldPath = $SPLUNK_DB/{index}/colddb
thawedPath = $SPLUNK_DB/{index}/thaweddb
datatype = event
repFactor = auto
# {days} days. Frozen events are deleted, unless coldToFrozenDir or coldToFrozenScript says where they go.
frozenTimePeriodInSecs = {seconds}
# Of each indexer, not of the cluster: above it the oldest events are frozen whatever their age.
maxTotalDataSizeMB = {megabytes}

# inputs.conf: with the same token on every server that receives. Where a load balancer stands before them, it must be
# sticky by cookie: an acknowledgement is known to the server alone that took the events.
[http]
disabled = 0

[http://{token_name}]
disabled = 0
token = {token}
index = {index}
indexes = {index}
sourcetype = {sourcetype}
useACK = 1
"""

_ACS = """\
#!/bin/sh
# Requests to Splunk Cloud's Admin Config Service. Set STACK to the name of your deployment and ACS_TOKEN to an
# authentication token of a user with the role sc_admin. Splunk Cloud has no acknowledgements but for Amazon Data
# Firehose: the output needs acknowledge = false.
set -eu
: "${{STACK:?name of the deployment}}" "${{ACS_TOKEN:?authentication token}}"

# The token goes through a pipe: an argument is there for every user to see.
post() {{
    printf 'header = "Authorization: Bearer %s"\\n' "$ACS_TOKEN" |
        curl --config - --fail-with-body --silent --show-error --header 'Content-Type: application/json' \\
            --data "$2" "https://admin.splunk.com/$STACK/adminconfig/v2/$1"
}}

post indexes '{index}'

# The index takes minutes to appear. The value of the token is in the reply, or in that to a GET of this URL/{name}.
post inputs/http-event-collectors '{token}'
"""


def conf(wanted: Wanted, token: str) -> str:
    """The stanzas of a cluster.

    Args:
        wanted: what they shall bring about.
        token: the secret.
    """
    return _CONF.format(
        index=wanted.index,
        token_name=wanted.token_name,
        days=wanted.days,
        seconds=wanted.seconds,
        megabytes=wanted.megabytes,
        sourcetype=SOURCETYPE,
        token=token,
    )


def acs(wanted: Wanted) -> str:
    """The requests of Splunk Cloud, as a script for a shell."""
    index = {
        "name": wanted.index,
        "datatype": "event",
        "searchableDays": wanted.days,
        "maxDataSizeMB": wanted.megabytes,
    }
    token = {
        "name": wanted.token_name,
        "defaultIndex": wanted.index,
        "allowedIndexes": [wanted.index],
        "defaultSourcetype": SOURCETYPE,
        "disabled": False,
        "useAck": False,
    }
    return _ACS.format(index=json.dumps(index), token=json.dumps(token), name=wanted.token_name)
