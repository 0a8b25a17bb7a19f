"""Manners, without a network and in no time: when a call is made, made again, and not made any more."""

import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from sojourn.jira import limits
from sojourn.jira.failures import CredentialsRefused, NotThere, Unavailable
from sojourn.jira.limits import Pause
from sojourn.jira.manners import Manners, _Gate
from sojourn.net import Answer, NoAnswer

DATE = "Mon, 02 Feb 2026 10:00:00 GMT"
OK = (200, {})


def headers(**told: str) -> httpx.Headers:
    return httpx.Headers({"Date": DATE, **{name.replace("_", "-"): text for name, text in told.items()}})


class Play:
    """A Jira that answers as it is told, and a clock that moves only while somebody sleeps."""

    def __init__(self, *answers: Any, chance: float = 0.5) -> None:
        self.now = 0.0
        self.sent: list[tuple[float, str]] = []
        self.pauses: list[Pause] = []
        self.answers = list(answers)
        self.manners = Manners(
            "jira", clock=lambda: self.now, sleep=self.sleep, chance=lambda: chance, on_pause=self.pauses.append
        )

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds

    def call(self, endpoint: str = "GET /a", check: Callable[[Answer], None] = lambda _: None) -> Answer:
        return self.manners.call(endpoint, lambda: self.send(endpoint), check)

    def send(self, endpoint: str) -> Answer:
        self.sent.append((self.now, endpoint))
        told = self.answers.pop(0) if self.answers else OK
        if isinstance(told, Exception):
            raise told
        return Answer(told[0], headers(**told[1]), b"{}")

    @property
    def times(self) -> list[float]:
        return [at for at, _ in self.sent]


REFUSED = [
    # what Jira says, the least seconds to wait, whether every endpoint waits
    ({"RateLimit_Reason": "jira-burst-based", "Retry_After": "7"}, 7, False),
    ({"RateLimit_Reason": "jira-per-issue-on-write", "Retry_After": "7"}, 7, False),
    ({"RateLimit_Reason": "jira-quota-global-based", "Retry_After": "1800"}, 1800, True),
    ({"RateLimit_Reason": "jira-quota-tenant-based", "Retry_After": "1800"}, 1800, True),
    ({"RateLimit_Reason": "jira-quota-tenant-based", "X_RateLimit_Reset": "2026-02-02T11:00Z"}, 3600, True),
    ({"RateLimit_Reason": "jira-quota-tenant-based", "X_RateLimit_Reset": "2026-02-02T10:59:30Z"}, 3570, True),
    ({"RateLimit_Reason": "jira-quota-global-based", "X_RateLimit_Reset": "1770030000"}, 3600, True),
    ({"RateLimit_Reason": "jira-quota-global-based", "X_Beta_RateLimit_Reset": "2026-02-02T10:30Z"}, 1800, True),
    (
        {"RateLimit_Reason": "jira-quota-global-based", "Retry_After": "5", "X_RateLimit_Reset": "2026-02-02T11:00Z"},
        3600,
        True,
    ),
    ({"RateLimit_Reason": "jira-burst-based", "X_RateLimit_Reset": "2026-02-02T10:00:03Z"}, 3, False),
    ({"RateLimit_Reason": "jira-burst-based", "X_RateLimit_Reset": "2026-02-02T10:00Z"}, 0.7, False),
    ({"RateLimit_Reason": "jira-burst-based", "Retry_After": "Mon, 02 Feb 2026 10:00:09 GMT"}, 9, False),
    ({"RateLimit_Reason": "jira-cost-based", "Retry_After": "20"}, 20, False),
    ({"RateLimit_Reason": "something-new"}, 0.7, False),
    ({"RateLimit_Reason": "something-new", "Retry_After": "soon"}, 0.7, False),
    ({}, 0.7, False),
    ({"Retry_After": "12"}, 12, False),
    ({"X_RateLimit_Interval_Seconds": "60", "X_RateLimit_Remaining": "0", "Retry_After": "60"}, 60, True),
    ({"X_RateLimit_Interval_Seconds": "60", "X_RateLimit_Remaining": "0", "Retry_After": "0"}, 0.7, True),
]


@pytest.mark.parametrize(("told", "least_s", "is_for_all"), REFUSED)
@pytest.mark.parametrize("chance", [0.0, 0.5, 1.0])
def test_no_call_is_made_inside_a_wait_and_other_endpoints_go_on_where_they_may(
    told: dict[str, str], least_s: float, is_for_all: bool, chance: float
) -> None:
    play = Play((429, told), chance=chance)
    assert play.call().status == 200
    assert least_s <= play.times[1] <= least_s * 1.3 + 0.7
    other = Play((429, told), (500, {}), chance=chance)
    other.manners._refused("GET /a", Answer(429, headers(**told), b""), 0.0)
    other.answers.clear()
    other.call("GET /b")
    assert (other.times[0] >= least_s) is is_for_all
    assert other.pauses[0].is_for_all is is_for_all


def test_waits_that_jira_does_not_name_double_and_are_scattered_and_end_at_thirty_seconds() -> None:
    for chance, factor in ((0.0, 0.7), (0.5, 1.0), (1.0, 1.3)):
        play = Play(*[(429, {})] * 3, chance=chance)
        play.call()
        waits = [after - before for before, after in zip(play.times, play.times[1:], strict=False)]
        assert waits == pytest.approx([factor, 2 * factor, 4 * factor])
        assert all(0.7 <= play.manners._backoff_s(times) <= 30 for times in range(1, 40))


@pytest.mark.parametrize(
    "failure",
    [(500, {}), (502, {}), (503, {}), (504, {}), (408, {}), (429, {}), NoAnswer("jira: has not answered.")],
    ids=str,
)
def test_a_call_is_made_four_times_at_most(failure: Any) -> None:
    play = Play(*[failure] * 9)
    with pytest.raises(Unavailable, match=r"^jira: .*; it was tried 4 times$"):
        play.call()
    assert len(play.sent) == 4


def test_an_answer_that_is_no_use_is_asked_for_again_and_one_that_is_final_is_not() -> None:
    def half(_: Answer) -> None:
        raise NoAnswer("jira: answers with half")

    def final(_: Answer) -> None:
        raise NotThere("jira: nothing")

    play = Play()
    with pytest.raises(Unavailable):
        play.call(check=half)
    assert len(play.sent) == 4
    play = Play()
    with pytest.raises(NotThere):
        play.call(check=final)
    assert len(play.sent) == 1


def test_a_service_that_is_down_for_a_while_is_given_the_while() -> None:
    play = Play((503, {"Retry_After": "90"}))
    play.call()
    assert 90 <= play.times[1] <= 95


def test_a_site_that_fails_and_fails_is_left_alone_for_longer_each_time() -> None:
    play = Play(*[(500, {})] * 100)
    for _ in range(2):
        with pytest.raises(Unavailable):
            play.call()
    assert len(play.sent) == 8
    with pytest.raises(Unavailable, match="has failed 8 times in a row and is left alone for") as error:
        play.call("GET /b")
    assert len(play.sent) == 8
    assert 0 < error.value.wait_s <= 60
    play.now += error.value.wait_s
    with pytest.raises(Unavailable) as error:
        play.call()
    assert len(play.sent) == 9  # one call tries, and fails
    assert 60 < error.value.wait_s <= 120
    play.answers.clear()
    play.now += error.value.wait_s
    assert play.call().status == 200
    assert play.call().status == 200


def test_no_call_is_made_once_the_credentials_were_refused() -> None:
    play = Play()
    play.manners.stop(CredentialsRefused("make a new token"))
    for _ in range(3):
        with pytest.raises(CredentialsRefused, match="make a new token"):
            play.call()
    assert play.sent == []


USED_UP = [
    ({"X_RateLimit_Remaining": "0", "X_RateLimit_Reset": "2026-02-02T10:00:04Z"}, 4, False),
    ({"X_RateLimit_Remaining": "0"}, 1, False),
    ({"X_RateLimit_Remaining": "0", "X_RateLimit_Interval_Seconds": "30", "X_RateLimit_FillRate": "5"}, 30, True),
    ({"Beta_RateLimit": '"tenant-app-quota";r=0;t=2788'}, 2788, True),
    ({"X_RateLimit_Remaining": "1"}, 0, False),
    ({"Beta_RateLimit": '"tenant-app-quota";r=17842;t=2107', "X_RateLimit_Remaining": "349"}, 0, False),
    ({}, 0, False),
]


@pytest.mark.parametrize(("told", "least_s", "is_for_all"), USED_UP)
def test_what_is_used_up_is_waited_for_before_jira_has_to_say_so(
    told: dict[str, str], least_s: float, is_for_all: bool
) -> None:
    play = Play((200, told))
    for endpoint in ("GET /a", "GET /b", "GET /a"):
        play.call(endpoint)
    first, other, same = play.times
    assert (first, same) == (0, least_s)
    assert other == (least_s if is_for_all else 0)


def test_calls_under_way_count_as_made() -> None:
    """Two are left, and two others are under way: nobody else may call until one of them is back, and then one."""
    gate = _Gate(in_flight=3)
    gate.learn(2, told=0)
    assert (gate.budget, gate.must_wait) == (0, True)
    gate.in_flight = 2
    gate.learn(3, told=0)  # told at the same time as the one before: the smaller number is the later
    assert (gate.budget, gate.must_wait) == (0, True)
    gate.in_flight = 1
    gate.learn(5, told=2)
    assert (gate.budget, gate.must_wait) == (5, False)


def test_a_reset_without_a_date_or_beyond_an_hour_is_not_believed() -> None:
    for told in ({"X-RateLimit-Reset": "2026-02-02T11:00Z"}, headers(X_RateLimit_Reset="2026-02-03T10:00Z")):
        assert limits.refused(httpx.Headers(told)).seconds is None


def test_after_a_refusal_one_call_goes_first_and_the_others_see_how_it_fares() -> None:
    """Ten threads, refused once: the calls after the wait do not run into the wall together."""
    turn = threading.Lock()
    log: list[tuple[float, int, int]] = []
    under_way = 0
    refusing = True
    manners = Manners("jira", chance=lambda: 0.0, sleep=lambda _: threading.Event().wait(0.001), clock=lambda: clock[0])
    clock = [0.0]

    def send() -> Answer:
        nonlocal under_way
        with turn:
            under_way += 1
            status = 429 if refusing else 200
            log.append((clock[0], status, under_way))
        threading.Event().wait(0.005)
        with turn:
            under_way -= 1
        return Answer(status, headers(Retry_After="5"), b"{}")

    def work() -> None:
        manners.call("GET /a", send, lambda _: None)

    first = threading.Thread(target=work)
    first.start()
    while not manners._gate("GET /a").refusals:
        threading.Event().wait(0.001)
    others = [threading.Thread(target=work) for _ in range(9)]
    for thread in others:
        thread.start()
    threading.Event().wait(0.05)
    assert len(log) == 1  # nobody called inside the wait
    refusing = False
    clock[0] = 5.0
    for _ in range(400):
        clock[0] += 0.5
        threading.Event().wait(0.002)
        if not any(thread.is_alive() for thread in others):
            break
    for thread in (first, *others):
        thread.join(5)
    assert len(log) == 11
    assert log[1][2] == 1  # alone
    assert all(status == 200 for _, status, _ in log[1:])
