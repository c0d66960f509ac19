#!/usr/bin/env python3
"""The alerts of rules/, for sites without ES|QL or Kibana's alerts: run it every five minutes.

    ES_URL=https://es1:9200 ES_API_KEY=... ./alerts.py

The key has to read logs-acct.*; one that acctship made for a host cannot. Prints a line for each alert, and exits with
1 if there is one. The searches are in searches/, thresholds are below. Needs Python 3.9, and nothing else.
"""

import json
import os
import sys
import urllib.request
from pathlib import Path

PROCESSES, HEALTH = "logs-acct.process-*", "logs-acct.health-*"
LEAST, TIMES, HOURS = 10, 5, 167
"""In the last hour at least so many, and over so many times as in an hour of the week before."""


def ask(name, indices):
    """Answer to a search of searches/."""
    body = (Path(__file__).parent / "searches" / f"{name}.json").read_bytes()
    headers = {"Content-Type": "application/json"}
    if "ES_API_KEY" in os.environ:
        headers["Authorization"] = f"ApiKey {os.environ['ES_API_KEY']}"
    request = urllib.request.Request(f"{os.environ['ES_URL']}/{indices}/_search", body, headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        found = json.load(answer)
    if found["timed_out"] or found["_shards"]["failed"]:
        sys.exit(f"alerts.py: {name}: the answer is not complete: {found['_shards']}")
    return found


def hits(name, indices):
    """An alert for each event that is found."""
    for hit in ask(name, indices)["hits"]["hits"]:
        event = hit["_source"]
        what = event.get("message") or f"{event['process']['name']} by {event['user'].get('name')}"
        yield f"{name}: {event.get('host', {}).get('name')}: {what} (event {event['event']['id']})"


def above_baseline(name, indices):
    """An alert for each user of a host with far more in the last hour than before."""
    for host in ask(name, indices)["aggregations"]["host"]["buckets"]:
        for user in host["user"]["buckets"]:
            recent = user["recent"]["doc_count"]
            before = (user["doc_count"] - recent) / HOURS
            if recent >= LEAST and recent > TIMES * before:
                yield f"{name}: {host['key']}: user id {user['key']}: {recent} in the last hour, {before:.1f} before"


def silent(name, indices):
    """An alert for each host that sent something in the last day, and nothing of late."""
    for host in ask(name, indices)["aggregations"]["host"]["buckets"]:
        if not host["recent"]["doc_count"]:
            yield f"{name}: {host['key']}: nothing for 15 minutes"


def main():
    """Print the alerts; gives the exit code."""
    alerts = [
        *hits("root-by-service-account", PROCESSES),
        *hits("accounting-stopped", HEALTH),
        *above_baseline("exit-126-127", PROCESSES),
        *above_baseline("signals-and-cores", PROCESSES),
        *silent("silent-host", f"{HEALTH},{PROCESSES}"),
    ]
    for alert in alerts:
        print(alert.encode("unicode_escape").decode())  # a host name is what somebody sent
    return 1 if alerts else 0


if __name__ == "__main__":
    sys.exit(main())
