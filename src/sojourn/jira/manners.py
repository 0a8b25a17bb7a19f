"""How Sojourn behaves towards a Jira: it waits as it is told, tries again a few times, and knows when to stop.

One `Manners` stands for one connection; all who call that Jira share it, from any number of threads. Make a new one
when the credentials change. The clock, the sleep and chance are handed in, so that tests take no time; a sleep that
raises ends the call that waits, which is how a worker stops.
"""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from sojourn.jira import limits
from sojourn.jira.failures import CredentialsRefused, JiraFailure, Unavailable
from sojourn.jira.limits import Pause
from sojourn.net import Answer, NoAnswer

TRIES = 4
_FIRST_BACKOFF_S = 1.0
_LONGEST_BACKOFF_S = 30.0
_LEAST, _MOST = 0.7, 1.3
_LATE_S = 5.0
"""How much later than told a call is made at most: everybody who waits is told the same instant."""
_LEAST_SPACING_S = 0.05
"""After a refusal calls are made at least so far apart; with each that is answered they come closer again."""
_FAILURES = 8
_BROKEN_S = 60.0
_LONGEST_BROKEN_S = 600.0
_TRY_AGAIN = frozenset((408, 425, 500, 502, 503, 504, 520, 521, 522, 523, 524))


@dataclass(slots=True)
class _Gate:
    """What must be waited for before a call. After a refusal one call goes first, and the others see how it fares.

    `budget` is how many calls may still be made, None where Jira does not say; `told` counts how often it said so.
    """

    opens_at: float = 0.0
    closed_at: float = float("-inf")
    refusals: int = 0
    is_tried: bool = False
    spacing_s: float = 0.0
    in_flight: int = 0
    budget: int | None = None
    told: int = 0

    @property
    def must_wait(self) -> bool:
        """Whether a call under way has to come back first."""
        return self.is_tried or (self.budget is not None and self.budget <= 0 and self.in_flight > 0)

    def learn(self, left: int, told: int) -> None:
        """Take what an answer says is left; `told` is how much was known when its call began.

        Calls under way may not be counted in it, and of two answers to calls at once the smaller number is the later.
        """
        budget = left - (self.in_flight - 1)
        is_news = told == self.told or self.budget is None
        self.budget = budget if is_news else min(budget, self.budget or 0)
        self.told += 1


@dataclass(frozen=True, slots=True)
class _Call:
    """A call under way: when it began, its gates, how much each had been told, and which it goes through first."""

    began: float
    gates: tuple[_Gate, _Gate]
    told: tuple[int, int]
    tries: list[_Gate]


class Manners:
    """The manners of one connection. `on_pause` is told of each wait: its reason and how many seconds it is."""

    def __init__(
        self,
        name: str,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
        on_pause: Callable[[Pause], None] = lambda _: None,
    ) -> None:
        self._name = name
        self._clock, self._sleep, self._chance, self._on_pause = clock, sleep, chance, on_pause
        self._turn = threading.Condition()
        self._all = _Gate()
        self._gates: dict[str, _Gate] = {}
        self._failures = 0
        self._broken_until = float("-inf")
        self._stopped: CredentialsRefused | None = None

    def stop(self, why: CredentialsRefused) -> None:
        """Make no call any more: each one raises `why`."""
        with self._turn:
            self._stopped = why
            self._turn.notify_all()

    def call(self, endpoint: str, send: Callable[[], Answer], check: Callable[[Answer], None]) -> Answer:
        """The answer to a call that was made at a fitting time, up to four times where it pays.

        `check` looks at an answer that has no status to try again after: it raises NoAnswer where the body is no
        whole answer, and a JiraFailure where trying again is of no use. Raises Unavailable after the last try, and at
        once where the site has failed so often that it is left alone for a while.
        """
        for tried in range(1, TRIES + 1):
            call = self._enter(endpoint)
            wait_s: float | None = None
            try:
                answer = send()
                if answer.status == 429 or (answer.status == 503 and "Retry-After" in answer.headers):
                    problem = self._refused(endpoint, answer, call.began)
                elif answer.status in _TRY_AGAIN:
                    problem, wait_s = self._failed(f"{self._name}: answers with status {answer.status}", tried)
                else:
                    check(answer)
                    self._succeeded(call, answer)
                    return answer
            except NoAnswer as error:
                problem, wait_s = self._failed(str(error).rstrip("."), tried)
            except JiraFailure:
                self._answered()
                raise
            finally:
                self._leave(call)
            if wait_s and tried < TRIES:
                self._sleep(wait_s)
        raise Unavailable(f"{problem}; it was tried {TRIES} times", self._left_s(endpoint))

    def _enter(self, endpoint: str) -> _Call:
        """Wait until a call may be made, and begin it."""
        while True:
            with self._turn:
                wait_s = self._must_wait(endpoint)
                if wait_s is None:
                    self._turn.wait()
                    continue
                if wait_s <= 0:
                    return self._begin(endpoint)
            self._sleep(wait_s)

    def _must_wait(self, endpoint: str) -> float | None:
        """The seconds before the call may be made; None where another call has to come back first."""
        if self._stopped:
            raise self._stopped
        now = self._clock()
        if now < self._broken_until:
            wait_s = self._broken_until - now
            told = f"{self._name}: has failed {self._failures} times in a row and is left alone for {wait_s:.0f} s"
            raise Unavailable(told, wait_s)
        gates = (self._all, self._gate(endpoint))
        wait_s = max(gate.opens_at for gate in gates) - now
        if wait_s <= 0 and any(gate.must_wait for gate in gates):
            return None
        return wait_s

    def _begin(self, endpoint: str) -> _Call:
        gates = (self._all, self._gate(endpoint))
        call = _Call(self._clock(), gates, (gates[0].told, gates[1].told), [])
        for gate in gates:
            gate.in_flight += 1
            gate.budget = None if gate.budget is None else gate.budget - 1
            gate.opens_at = max(gate.opens_at, call.began + gate.spacing_s) if gate.spacing_s else gate.opens_at
            if gate.refusals or (gate is self._all and self._failures >= _FAILURES):
                gate.is_tried = True
                call.tries.append(gate)
        return call

    def _leave(self, call: _Call) -> None:
        with self._turn:
            for gate in call.gates:
                gate.in_flight -= 1
            for gate in call.tries:
                gate.is_tried = False
            self._turn.notify_all()

    def _refused(self, endpoint: str, answer: Answer, began: float) -> str:
        """Close the gate that was hit, for as long as Jira says, else for longer each time."""
        with self._turn:
            pause = limits.refused(answer.headers)
            gate = self._all if pause.is_for_all or answer.status == 503 else self._gate(endpoint)
            if began > gate.closed_at:  # calls that were under way when the gate closed are no further fault
                gate.refusals += 1
                gate.spacing_s = min(max(_LEAST_SPACING_S, gate.spacing_s * 2), _FIRST_BACKOFF_S)
            gate.closed_at = self._clock()
            if pause.seconds:
                wait_s = pause.seconds + min(pause.seconds * (_MOST - 1), _LATE_S) * self._chance()
            else:
                wait_s = self._backoff_s(gate.refusals)
            gate.opens_at = max(gate.opens_at, gate.closed_at + wait_s)
        self._on_pause(Pause(gate is self._all, pause.reason, wait_s))
        return f"{self._name}: asks to wait ({pause.reason})"

    def _failed(self, problem: str, tried: int) -> tuple[str, float]:
        """Count a failure; after many in a row the site is left alone for longer each time."""
        with self._turn:
            self._failures += 1
            beyond = self._failures - _FAILURES
            if beyond >= 0:
                self._broken_until = self._clock() + min(_BROKEN_S * 2**beyond, _LONGEST_BROKEN_S)
        return problem, self._backoff_s(tried)

    def _backoff_s(self, times: int) -> float:
        longest: float = min(_FIRST_BACKOFF_S * 2 ** (times - 1), _LONGEST_BACKOFF_S / _MOST)
        return longest * (_LEAST + (_MOST - _LEAST) * self._chance())

    def _succeeded(self, call: _Call, answer: Answer) -> None:
        with self._turn:
            self._failures = 0
            for gate in call.gates:
                gate.refusals = 0
                gate.spacing_s = gate.spacing_s * 0.9 if gate.spacing_s > _LEAST_SPACING_S / 4 else 0.0
            rest = limits.rest(answer.headers)
            if rest is None:
                return
            gate, told = call.gates[not rest.pause.is_for_all], call.told[not rest.pause.is_for_all]
            gate.learn(rest.left, told)
            if gate.budget is None or gate.budget > 0:
                return
            gate.opens_at = max(gate.opens_at, self._clock() + (rest.pause.seconds or 0.0))
        self._on_pause(rest.pause)

    def _answered(self) -> None:
        with self._turn:
            self._failures = 0

    def _left_s(self, endpoint: str) -> float:
        with self._turn:
            until = max(self._all.opens_at, self._gate(endpoint).opens_at, self._broken_until)
            return max(0.0, until - self._clock())

    def _gate(self, endpoint: str) -> _Gate:
        return self._gates.setdefault(endpoint, _Gate())
