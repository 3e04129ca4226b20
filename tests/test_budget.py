"""A fair share of the processor: who waits, who goes first, who is refused."""

import threading
import time

import pytest

from pages.ui import budget as module
from pages.ui.budget import AT_ONCE, BURST, FORGET, PATIENCE, REFILL, Budget, Busy, Purse


class Clock:
    """A clock that only moves when somebody waits or the test says so."""

    def __init__(self):
        self.now, self.slept = 1_000.0, []

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def budget(clock):
    return Budget(clock=clock, sleep=clock.sleep)


def used(budget, reader, seconds):
    budget.purses[reader] = Purse(used=seconds, at=budget.clock())


def test_a_reader_with_time_at_hand_is_not_held_back(budget, clock):
    used(budget, "a", BURST)
    with budget.spending("a"):
        pass
    assert clock.slept == []


def test_a_heavy_reader_waits_until_what_he_overdrew_is_back(budget, clock):
    used(budget, "a", BURST + 0.5)
    with budget.spending("a"):
        pass
    assert clock.slept == [pytest.approx(0.5 / REFILL)]


def test_beyond_patience_a_run_is_refused_in_words_and_others_go_on(budget):
    used(budget, "a", BURST + 2 * PATIENCE * REFILL)
    with pytest.raises(Busy, match=f"in about {2 * PATIENCE:.0f} s"):
        with budget.spending("a"):
            pytest.fail("a refused run must not start")
    assert budget.refused == 1 and budget.running == 0 and budget.line == []
    with budget.spending("b"):
        assert budget.running == 1


def test_what_is_used_comes_back_at_the_stated_rate(budget, clock):
    used(budget, "a", 10.0)
    clock.now += 8.0
    assert budget.purses["a"].now(clock.now) == pytest.approx(10.0 - 8.0 * REFILL)
    clock.now += 1e6
    assert budget.purses["a"].now(clock.now) == 0.0


def test_work_is_charged_by_processor_time_even_when_it_fails(budget):
    with pytest.raises(ZeroDivisionError):
        with budget.spending("a"):
            end = time.thread_time() + 0.02
            while time.thread_time() < end:
                pass
            raise ZeroDivisionError
    assert budget.purses["a"].used >= 0.02 and budget.spent >= 0.02
    assert budget.running == 0


def spin(seconds):
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


def test_helpers_are_charged_with_the_work_even_when_it_fails(budget, monkeypatch):
    """Threads that help, and a library's own by the clock on the wall; outside of work nobody."""
    monkeypatch.setattr(module, "PROCESS", budget)
    with pytest.raises(ZeroDivisionError):
        with budget.spending("a"), module.helpers(2) as pool:
            list(pool.map(spin, [0.02] * 3))
            raise ZeroDivisionError
    assert 0.06 <= budget.purses["a"].used < 5.0
    with budget.spending("b"), module.elsewhere():
        time.sleep(0.05)
    assert 0.05 <= budget.purses["b"].used < 5.0
    spent = budget.spent
    with module.helpers(1) as pool, module.elsewhere():
        pool.submit(spin, 0.01).result()
    assert budget.spent == spent


def test_work_inside_work_is_charged_once_and_cannot_wait_for_itself(budget):
    with budget.spending("a"), budget.spending("a"), budget.spending("a"):
        assert budget.running == 1
    assert budget.running == 0


def test_whoever_used_least_goes_first_and_few_run_at_once():
    """With the processor taken, a light reader who came last is served before a heavy one."""
    budget, order, most = Budget(), [], []
    budget.purses["heavy"] = Purse(used=BURST * 0.9, at=time.monotonic())
    budget.purses["light"] = Purse(used=0.0, at=time.monotonic())
    doors = [threading.Event() for _ in range(AT_ONCE)]

    def hold(door, name):
        with budget.spending(name):
            door.wait(20)

    def work(name):
        with budget.spending(name):
            most.append(budget.running)
            order.append(name)

    def waiting(number):
        until = time.monotonic() + 20
        while len(budget.line) < number and time.monotonic() < until:
            time.sleep(0.002)
        assert len(budget.line) == number

    holders = [
        threading.Thread(target=hold, args=(door, f"holder {n}")) for n, door in enumerate(doors)
    ]
    for thread in holders:
        thread.start()
    until = time.monotonic() + 20
    while budget.running < AT_ONCE and time.monotonic() < until:
        time.sleep(0.002)
    workers = [threading.Thread(target=work, args=(name,)) for name in ("heavy", "heavy", "light")]
    for number, thread in enumerate(workers, 1):
        thread.start()
        waiting(number)
    doors[0].set()
    for thread in workers:
        thread.join(20)
    for door in doors:
        door.set()
    for thread in holders:
        thread.join(20)
    assert order == ["light", "heavy", "heavy"]
    assert max(most) <= AT_ONCE


def test_who_left_is_forgotten(budget, clock):
    used(budget, "gone", 5.0)
    clock.now += FORGET + 1.0
    with budget.spending("here"):
        pass
    assert set(budget.purses) == {"here"}


def test_who_waits_long_is_not_forgotten_and_the_line_moves_on(budget, clock):
    """A reader in line for longer than readers are remembered; others come meanwhile."""
    budget.running, entered = AT_ONCE, threading.Event()

    def wait():
        with budget.spending("patient"):
            entered.set()

    thread = threading.Thread(target=wait)
    thread.start()
    while "patient" not in budget.line:
        time.sleep(0.001)
    clock.now += 2 * FORGET
    budget._hold_back("next")
    budget._give_back("somebody", 1.0)
    thread.join(timeout=10)
    assert entered.is_set() and not budget.line and budget.running == AT_ONCE - 1
