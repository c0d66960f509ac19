"""The status as Prometheus metrics. It needs prometheus-client, so it is imported only where metrics are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple

from acctship.accounting.canary import CanaryStatus
from acctship.cli.status_seen import Seen
from acctship.cli.terminal import write
from acctship.delivery.keeping import documents
from acctship.delivery.keeping.status import OutageStatus, OutputStatus, SourceStatus, Status
from acctship.errors import AcctshipError, PluginError
from acctship.keys import keys

try:
    from prometheus_client import CollectorRegistry, generate_latest, make_wsgi_app
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric as Family
    from prometheus_client.registry import Collector
except ImportError as error:
    raise PluginError(f"--metrics needs a library: {error}: pip install 'acctship[metrics]'") from None

Kind = Literal["gauge", "counter"]
STATES = ("waiting", "sending", "retrying", "halted", "stopped")
Read = Callable[[], Seen | None]


class Metric(NamedTuple):
    """One metric: its name, its kind, its meaning, its labels, and its values in what was seen."""

    name: str
    kind: Kind
    meaning: str
    labels: tuple[str, ...]
    values: Callable[[Seen], Iterable[tuple[tuple[str, ...], float]]]


def _meaning(table: type[Any], field: str) -> str:
    return next(key.meaning for key in keys(table) if key.name == field)


def _of_status(name: str, field: str) -> Metric:
    return Metric(name, "gauge", _meaning(Status, field), (), lambda seen: [((), getattr(seen.status, field))])


def _of_source(name: str, field: str, kind: Kind = "gauge") -> Metric:
    meaning = _meaning(SourceStatus, field)
    return Metric(name, kind, meaning, (), lambda seen: [((), getattr(seen.status.source, field))])


def _of_output(name: str, field: str, kind: Kind = "gauge") -> Metric:
    def values(seen: Seen) -> Iterator[tuple[tuple[str, ...], float]]:
        for output, one in seen.status.outputs.items():
            if (value := getattr(one, field)) is not None:
                yield (output,), value

    return Metric(name, kind, _meaning(OutputStatus, field), ("output",), values)


def _of_canary(name: str, meaning: str, value: Callable[[CanaryStatus], float | None], kind: Kind = "gauge") -> Metric:
    def values(seen: Seen) -> Iterator[tuple[tuple[str, ...], float]]:
        canary = seen.status.source.canary
        if canary is not None and (found := value(canary)) is not None:
            yield (), found

    return Metric(name, kind, meaning, (), values)


def _states(seen: Seen) -> Iterator[tuple[tuple[str, ...], float]]:
    for name, output in seen.status.outputs.items():
        for state in STATES:
            yield (name, state), float(output.state == state)


METRICS = (
    Metric("acctship_up", "gauge", "Whether the daemon runs and tells its status", (), lambda seen: [((), seen.fresh)]),
    Metric("acctship_build_info", "gauge", "Version of acctship; always 1", ("version",),
           lambda seen: [((seen.status.version,), 1)]),
    _of_status("acctship_start_time_seconds", "started"),
    _of_status("acctship_status_time_seconds", "time"),
    Metric("acctship_outage", "gauge", "1 for each outage that goes on: " + _meaning(OutageStatus, "action"),
           ("action", "about"), lambda seen: [((one.action, one.about), 1) for one in seen.status.outages]),
    _of_source("acctship_segments", "segments"),
    _of_source("acctship_segments_held", "held"),
    _of_source("acctship_segments_held_bytes", "held_bytes"),
    _of_source("acctship_accounting_gaps_total", "gaps", "counter"),
    _of_source("acctship_file_cuts_total", "cuts", "counter"),
    _of_source("acctship_losses_total", "losses", "counter"),
    Metric("acctship_output_state", "gauge", _meaning(OutputStatus, "state") + "; 1 for the state it is in",
           ("output", "state"), _states),
    _of_output("acctship_output_lag_seconds", "lag_seconds"),
    _of_output("acctship_output_lag_records", "lag_records"),
    _of_output("acctship_output_lag_bytes", "lag_bytes"),
    _of_output("acctship_output_last_delivery_time_seconds", "last_delivery"),
    _of_output("acctship_events_delivered_total", "delivered", "counter"),
    _of_output("acctship_events_rejected_total", "rejected", "counter"),
    _of_output("acctship_records_filtered_total", "filtered", "counter"),
    _of_output("acctship_sends_retried_total", "retried", "counter"),
    _of_output("acctship_dead_letters", "dead_letters"),
    _of_output("acctship_dead_letters_bytes", "dead_letter_bytes"),
    _of_canary("acctship_canary_missing", "1 if the last canary has no record: accounting is off or broken",
               lambda canary: canary.state == "missing"),
    _of_canary("acctship_canaries_sent_total", "Canaries that were started, since the start",
               lambda canary: canary.sent, "counter"),
    _of_canary("acctship_canaries_found_total", "Canaries whose record was found, since the start",
               lambda canary: canary.found, "counter"),
    _of_canary("acctship_canary_last_found_time_seconds", "When the last canary that has a record ended",
               lambda canary: canary.last_found),
)  # fmt: skip
"""All of them, in the order in which they are written."""


class _Statuses(Collector):
    def __init__(self, read: Read) -> None:
        self._read = read

    def collect(self) -> Iterator[Family]:
        seen = self._read()
        if seen is None:
            return
        for metric in METRICS:
            make = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
            family: CounterMetricFamily | GaugeMetricFamily = make(metric.name, metric.meaning, labels=metric.labels)
            for labels, value in metric.values(seen):
                family.add_metric(labels, float(value))
            yield family


def application(read: Read) -> Callable[..., Any]:
    """Answers scrapes, as a WSGI application.

    Args:
        read: gives what is seen at the moment of each scrape; None: nothing yet.
    """
    made: Callable[..., Any] = make_wsgi_app(_registry(read))
    return made


def write_metrics(path: Path, seen: Seen) -> None:
    """Write the metrics as text, as a whole or not at all.

    Args:
        path: of the file; `-` is standard output.
        seen: the status.

    Raises:
        AcctshipError: the file cannot be written.
    """
    text = generate_latest(_registry(lambda: seen))
    if str(path) == "-":
        write(text)
        return
    try:
        documents.replace(path, [text], durable=False, mode=0o644)  # node_exporter is another user
    except OSError as error:
        raise AcctshipError(f"{path}: cannot be written: {error.strerror}") from None


def _registry(read: Read) -> CollectorRegistry:
    """A registry of its own, with nothing but these metrics."""
    found = CollectorRegistry()
    found.register(_Statuses(read))
    return found
