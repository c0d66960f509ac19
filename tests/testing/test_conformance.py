"""The suite passes an honest output, and each broken one is caught by the test that is named for its promise."""

from __future__ import annotations

import pytest

from acctship.testing import failing, manners
from tests.testing.memory import Honest
from tests.testing.plugin import KINDS

pytest_plugins = ["pytester"]

SUITE = """
import pytest
from acctship.testing import OutputConformance
from acctship.testing import failing, manners
from tests.testing.memory import Memory

class TestMemory(OutputConformance):
    faults = ("down", "hang", "reset", "reject", "throttle", "lost-ack")
    patience = {patience}

    @pytest.fixture
    def receiver(self, tmp_path):
        return Memory("{kind}", tmp_path)
"""

OPTIONS = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest", "-W", "error")

AT_OPEN = "test_events_survive_a_fault_that_is_there_at_open"
DURING = "test_events_survive_a_fault_that_begins_during_a_send"
AFTER = "test_events_survive_a_fault_that_begins_after_an_acknowledged_send"
REJECTED = "test_rejected_events_are_named_and_the_others_arrive"
CLOSE = "test_close_during_a_send_is_prompt_and_send_tells_the_truth"
READ_AGAIN = "test_secrets_are_read_when_they_are_used_and_again_after_a_lost_connection"
CHECK = "test_check_finds_the_receiver_and_delivers_nothing"
CHECK_DOWN = "test_check_of_a_receiver_that_is_down_raises"
SECRETS = "test_secrets_are_shown_nowhere"

BROKEN = [
    ("AcknowledgesFirst", "test_returned_send_means_that_its_events_have_arrived", "return only when it holds"),
    ("SwallowsErrors", f"{AT_OPEN}[down]", "raise RetryableError when that is not known"),
    ("SwallowsErrors", f"{DURING}[reset-4-1]", "raise RetryableError when that is not known"),
    ("LosesOnReset", f"{AFTER}[reset]", "raise RetryableError when that is not known"),
    ("TakesSilenceForYes", f"{AFTER}[hang]", "return only when the receiver has them"),
    ("TakesSilenceForYes", f"{AT_OPEN}[lost-ack]", "return only when the receiver has them"),
    ("IgnoresLostAnswers", f"{AT_OPEN}[lost-ack]", "said that all is well while the receiver showed 'lost-ack'"),
    ("IgnoresLostAnswers", f"{AFTER}[lost-ack]", "said that all is well while the receiver showed 'lost-ack'"),
    ("RaisesTheRoot", f"{AT_OPEN}[down]", "send() raised OutputError itself, which does not say what to do"),
    ("RejectsOnOutage", f"{AT_OPEN}[down]", "events were rejected because of 'down', which passes"),
    ("HaltsOnOutage", f"{AT_OPEN}[down]", "HaltError waits for a person: raise RetryableError"),
    ("NeverRecovers", f"{AFTER}[reset]", "has to drop the old connection and connect by itself"),
    ("RaisesExceptions", f"{AT_OPEN}[down]", "send() raised RuntimeError: oh\\x1b[31m: acctship takes that for a bug"),
    ("ReturnsNone", "test_one_event_arrives_once", "send() returned None: return acctship.SendResult()"),
    ("SendsTwice", "test_many_events_arrive_once_each", "10000 events arrived twice"),
    ("DropsHostile", "test_hostile_names_and_labels_arrive", "events never arrived"),
    ("DropsHuge", "test_event_above_the_limit_of_bytes_arrives_or_is_rejected", "reject it, or raise TooLargeError"),
    ("Garbles", "test_one_event_arrives_once", "whose event.id was never sent, so they were garbled"),
    ("NeedsAnEvent", "test_empty_batch_is_taken_and_nothing_arrives", "send() of an empty batch raised IndexError"),
    ("SharesABuffer", "test_threads_of_one_output_do_not_disturb_each_other", "4 threads called send() of one object"),
    ("ListsTheNeighbour", REJECTED, "were listed in rejected that the receiver does not refuse"),
    ("ListsWhatIsNotThere", REJECTED, "listed the positions 103, 104: list each of 0 to 9 once"),
    ("ListsTwice", REJECTED, "listed the positions 3, 4, 3, 4: list each of 0 to 9 once"),
    ("RejectsInSilence", REJECTED, "2 events that the receiver refuses were lost in silence: list them in rejected"),
    ("GivesNoReason", REJECTED, "rejected gives no reason"),
    ("HaltsOnRefusal", REJECTED, "an event that is refused must not stop the others"),
    ("ForgetsHowLong", "test_throttle_says_how_long_to_wait", "retry_after=SECONDS"),
    ("HangsInClose", CLOSE, "close() has not returned in 0.2 s: it may be called from any thread"),
    ("RaisesInClose", CLOSE, "close() raised ValueError"),
    ("WaitsForSendInClose", "test_close_while_the_receiver_hangs_is_prompt", "close() has not returned in 0.2 s"),
    ("LiesWhenClosed", CLOSE, "send() said that they were delivered, while close() was called"),
    ("NeverEndsWhenClosed", CLOSE, "let close() end it"),
    ("ConnectsTooEarly", "test_building_touches_no_receiver_and_failed_open_is_no_end", "connect in open() or send()"),
    ("HangsInOpen", "test_building_touches_no_receiver_and_failed_open_is_no_end", "open() of a receiver that is down"),
    ("LogsItsSecret", SECRETS, "the secret secret was shown in a log record: call reveal() late"),
    ("PrintsItsSecret", SECRETS, "was shown in standard output or error"),
    ("ShowsItsSecret", SECRETS, "was shown in repr of the output"),
    ("ComplainsWithItsSecret", SECRETS, "was shown in an error that left send()"),
    ("ReadsItsSecretEarly", READ_AGAIN, "output() read Secret(file "),
    ("KeepsItsSecret", READ_AGAIN, "a secret was not read again after the connection was lost"),
    ("ChecksBySending", CHECK, "events arrived whose event.id was never sent"),
    ("ChecksInSilence", CHECK, "check() returned '': return a line that says what was found"),
    ("ChecksNothing", CHECK_DOWN, "check() said 'all is well' while the receiver was down"),
    ("ChecksWithABug", CHECK_DOWN, "check() raised KeyError: 'down': raise what send() would"),
    ("RejectsWithItsSecret", SECRETS, "was shown in a reason for rejecting, or for giving up, under reject"),
]


def test_every_broken_output_is_tried() -> None:
    assert {kind for kind, _, _ in BROKEN} == KINDS.keys() - {Honest.__name__}


@pytest.fixture
def installed(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Where the plugin `memory` is installed, whose receiver answers at once or not at all."""
    for module in (failing, manners):
        monkeypatch.setattr(module, "HANG", 0.4)
    folder = pytester.mkdir("memory-1.dist-info")
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: memory\nVersion: 1\n")
    (folder / "entry_points.txt").write_text("[acctship]\nmemory = tests.testing.plugin\n")
    pytester.syspathinsert()
    return pytester


def test_honest_output_passes_every_test(installed: pytest.Pytester) -> None:
    installed.makepyfile(SUITE.format(kind=Honest.__name__, patience=10))
    result = installed.runpytest_inprocess("-q", *OPTIONS)
    outcomes = result.parseoutcomes()
    assert outcomes.keys() == {"passed"}
    assert outcomes["passed"] > 30


@pytest.mark.parametrize(("kind", "test", "message"), BROKEN, ids=[f"{kind}-{test}" for kind, test, _ in BROKEN])
def test_broken_output_is_caught(kind: str, test: str, message: str, installed: pytest.Pytester) -> None:
    path = installed.makepyfile(SUITE.format(kind=kind, patience=0.2))
    result = installed.runpytest_inprocess("-q", *OPTIONS, f"{path}::TestMemory::{test}")
    result.assert_outcomes(failed=1)
    assert message in " ".join(result.outlines)
