"""The life of `acctship run`: start, signals, a new configuration, the end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from acctship import config
from acctship.cli import heap
from acctship.cli.pipes import reader_gone
from acctship.cli.run_files import Counts, summary
from acctship.cli.signals import Signals
from acctship.cli.sources import Origin, choose_files, describe, is_own
from acctship.cli.telling import Telling
from acctship.cli.terminal import say
from acctship.delivery.engine import Engine
from acctship.delivery.keeping.state import State
from acctship.delivery.notice import Notice
from acctship.delivery.sending.patience import BOUNDED, FOR_EVER
from acctship.delivery.task import Task
from acctship.errors import AcctshipError
from acctship.events.identity import this_machine
from acctship.records import Layout

POLL = 0.2
"""Seconds between two looks at the accounting file."""


@dataclass(frozen=True)
class Orders:
    """What the command line says; it holds also when the configuration is read anew.

    Attributes:
        config_path: the configuration, or the default one.
        files: the accounting file, or none for the configuration's.
        layout: of its records, where a person knows better than the file.
        where: what is said of its origin.
        once: end at the present end, and give an output up that fails.
        drain: end at the present end.
        metrics: address and port to serve metrics at; None: nowhere.
    """

    config_path: Path | None
    files: tuple[str, ...]
    layout: Layout | None
    where: Origin
    once: bool
    drain: bool
    metrics: tuple[str, int] | None = None

    def task(self) -> tuple[config.Config, Task]:
        """Read the configuration, and see that its outputs can be built.

        Raises:
            ConfigError: it is wrong.
            PluginError: a plugin that is used is missing or broken.
            InputError: this system has no accounting file.
        """
        settings, ends_never = config.load(self.config_path), not (self.once or self.drain)
        path = str(Path(choose_files(self.files, settings)[0]).absolute())
        proves = ends_never and is_own(path, settings)  # with another file, a missing canary would mean nothing
        settings = replace(settings, source=msgspec.structs.replace(settings.source, path=path))
        outputs = settings.outputs()
        for output in outputs:
            output.build()
        return settings, Task(
            path=path,
            source=describe(path, settings, self.where),
            names=self.where.names(),
            outputs=outputs,
            layout=self.layout,
            to_present_end=not ends_never,
            patience=BOUNDED if self.once else FOR_EVER,
            canary=settings.canary.interval if proves else 0.0,
            ship_canaries=settings.canary.ship,
        )


def run_daemon(orders: Orders, *, accept_loss: bool) -> int:
    """Ship until a signal ends it, or, with --once and --drain, until all is shipped that is there now.

    Raises:
        ConfigError: the configuration is wrong.
        StateError: the state folder is damaged, or in use.
        InputError: this system has no accounting file.
        OutputError: an output hangs for good, or acctship has a bug: whoever started it may start it anew.
        PluginError: the library for metrics is missing.
    """
    heap.share_between_threads()
    settings, task = orders.task()
    with Signals() as signals:
        telling = Telling(orders.metrics)
        engine = _engine(orders, settings, task, accept_loss=accept_loss, splay=not task.to_present_end)
        why = ""
        while not why:
            stirred = engine.tick()
            if stirred and engine.failure is not None:
                engine.stop("an output cannot go on")
                raise engine.failure
            telling.ticked(engine)
            if signals.reload:
                signals.reload = False
                telling.reloading()
                settings, engine = _reload(orders, settings, engine)
            if stirred and engine.finished:
                why = "all is shipped that was there"
            elif not settings.paths and reader_gone(1):  # then nothing but standard output is shipped to
                why = "standard output was closed by its reader"
            elif signals.ending:
                why = f"{signals.ending} came"
            else:
                signals.wait(POLL)
        telling.stopping()
        finished = engine.finished
        answered = engine.stop(why)
    if not answered:
        say("not every batch was answered in time: what is not acknowledged will be sent again")
    if not task.to_present_end:
        return 0 if signals.ending else 1
    for shipper in engine.shippers:
        say(summary(shipper.deployed, task.path, Counts(*shipper.passed), shipper.worker.tally))
    complete = all(shipper.worker.tally.complete for shipper in engine.shippers)
    return 0 if finished and answered and complete else 1


def _engine(orders: Orders, settings: config.Config, task: Task, *, accept_loss: bool, splay: bool = False) -> Engine:
    state = State.open(Path(settings.state.directory), this_machine(), accept_loss=accept_loss)
    try:
        source = task.source if orders.where.source_id else replace(task.source, id=state.identity.source_id)
        engine = Engine(replace(task, source=source), state, say)
        engine.start(splay=splay)
    except BaseException:
        state.close()
        raise
    return engine


def _reload(orders: Orders, settings: config.Config, engine: Engine) -> tuple[config.Config, Engine]:
    """Go on with a new configuration; with the old one, if the new one is wrong."""
    try:
        new, task = orders.task()
    except AcctshipError as error:
        engine.report(Notice("config-refused", f"the old configuration stays, for the new one is wrong: {error}"))
        return settings, engine
    engine.stop("its configuration is read anew")
    try:
        changed = _engine(orders, new, task, accept_loss=False)
    except AcctshipError as error:
        say(f"the new configuration cannot be used: {error}")
        raise
    changed.report(Notice("config-changed", f"a new configuration is in force: {', '.join(map(str, new.paths))}"))
    return new, changed
