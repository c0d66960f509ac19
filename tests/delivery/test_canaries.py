"""Records of canaries are told by their names alone; a name counts at the first place where it was seen."""

from __future__ import annotations

from pathlib import Path

from acctship.accounting.canary import canary_name
from acctship.delivery import canaries as module
from acctship.delivery.canaries import Canaries, known_canaries
from acctship.delivery.following.chunk import Chunk
from acctship.delivery.notice import Notice
from acctship.delivery.stretches import stretches
from acctship.events.batch import EventBatch
from acctship.events.names import Names, no_name
from acctship.events.normalize import Normalizer
from acctship.events.source import Source
from acctship.events.where import Conditions, Where
from acctship.records import RecordBatch
from tests.builders import BTIME, batch, record
from tests.delivery.standins import Scripted, deploy

NAMES = Names(no_name, no_name)
KEY = b"k" * 32
NAME = canary_name(KEY, BTIME)


def chunk(*comms: bytes, segment: str = "key", offset: int = 0) -> Chunk:
    records = [record(pid=at, comm=comm, etime=0.0) for at, comm in enumerate(comms)]

    def normalize(records: RecordBatch, omitted: frozenset[str]) -> EventBatch:
        return Normalizer(Source("a test"), NAMES, omitted).events(records)

    return Chunk(segment, offset, 0, "", batch(records, offset=offset), 0, normalize)


def masks(canaries: Canaries, chunk: Chunk) -> list[bool] | None:
    mask = canaries.mask(chunk)
    return None if mask is None else mask.tolist()


def test_canaries_are_found_among_others() -> None:
    told: list[Notice] = []
    canaries = Canaries(KEY, told.append)
    later = canary_name(KEY, BTIME - 9)
    assert masks(canaries, chunk(b"ls", NAME, b"canary", b"canaryaaaaaaaaa", later)) == [
        False,
        True,
        False,
        False,
        True,
    ]
    assert masks(canaries, chunk(b"ls", b"sh")) is None
    assert masks(canaries, chunk(b"canaryaaaaaaaaa")) is None
    assert told == []


def test_every_output_has_the_same_first_one_and_a_copy_is_told_once() -> None:
    told: list[Notice] = []
    canaries = Canaries(KEY, told.append)
    copied = chunk(NAME, b"ls", NAME)
    for _ in range(2):
        assert masks(canaries, copied) == [True, False, False]
        assert masks(canaries, chunk(NAME, segment="other")) is None
    assert [notice.details for notice in told] == [{"segment": "key", "begin": 128}, {"segment": "other", "begin": 0}]
    assert len({notice.event_id for notice in told}) == 2


def test_an_output_that_is_behind_finds_the_first_one_later() -> None:
    told: list[Notice] = []
    canaries = Canaries(KEY, told.append)
    assert masks(canaries, chunk(NAME, offset=640)) == [True], "nobody has seen what came before"
    assert masks(canaries, chunk(NAME, offset=64)) == [True]
    assert masks(canaries, chunk(NAME, offset=640)) is None
    assert [notice.details["begin"] for notice in told] == [640]


def test_what_is_remembered_is_bounded() -> None:
    told: list[Notice] = []
    canaries = Canaries(KEY, told.append)
    for at in range(3 * module._MOST):
        assert masks(canaries, chunk(NAME, offset=at * 64)) == ([True] if at == 0 else None)
    assert len(canaries._told) <= module._MOST
    assert len(canaries._places) <= module._MOST


def test_they_count_as_filtered_beside_a_filter() -> None:
    output = deploy(Scripted, where=Where(exclude=(Conditions(command="sh"),)))
    whole = chunk(NAME, b"sh", b"ls", NAME)
    parts = list(stretches(whole, output, NAMES, Canaries(KEY, lambda _notice: None)))
    assert [len(part.lines) for part in parts] == [2], "ls, and the copy"
    assert [(part.piece.records, part.piece.filtered) for part in parts] == [(4, 2)]
    (part,) = stretches(chunk(NAME), output, NAMES, Canaries(KEY, lambda _notice: None))
    assert (part.piece.records, part.piece.filtered, part.piece.settled) == (1, 1, True)


def test_the_key_is_kept_and_a_damaged_one_is_made_anew(tmp_path: Path) -> None:
    report = [].append  # type: ignore[var-annotated]
    assert known_canaries(tmp_path, report, begin=False) is None
    first = known_canaries(tmp_path, report, begin=True)
    kept = known_canaries(tmp_path, report, begin=False)
    assert first is not None
    assert kept is not None
    assert kept._key == first._key
    for damage in (b"", b"{", (tmp_path / "canary.json").read_bytes().replace(b'"key":"', b'"key":"zz')):
        (tmp_path / "canary.json").write_bytes(damage)
        assert known_canaries(tmp_path, report, begin=False) is None
        anew = known_canaries(tmp_path, report, begin=True)
        assert anew is not None
        assert len(anew._key) == len(first._key)
        assert anew._key != first._key
