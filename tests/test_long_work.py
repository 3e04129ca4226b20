"""Long work on a page: stopped at will, gone on with, and given up when nobody looks."""

import time

import engine
from pages.ui import long_work
from pages.ui.long_work import LongWork


def source(stop, done):
    for key in range(5):
        if stop():
            return
        if key not in done:
            yield key, key
            time.sleep(0.01)


def test_work_that_nobody_looks_at_stops_and_goes_on_later(monkeypatch):
    """A reader who leaves does not keep the processor; who comes back goes on from there."""
    work = LongWork(5, source)
    monkeypatch.setattr(long_work, "LEFT", -1.0)
    work.start()
    work._thread.join(10)
    assert not work.running and not work.finished
    monkeypatch.setattr(long_work, "LEFT", 60.0)
    work.start()
    work._thread.join(10)
    assert work.finished and list(work.done) == list(range(5))


def test_work_that_an_input_forbids_names_it_until_it_is_started_anew():
    """Nothing is logged for a stranger's input, and what was said is not said for ever."""
    refused, broken = engine.InputError("monitor.learn", 60, "less"), ZeroDivisionError()
    kinds = [refused, broken, None]

    def once(stop, done):
        if (error := kinds.pop(0)) is not None:
            raise error
        return source(stop, done)

    work = LongWork(5, once)
    seen = []
    for _ in range(3):
        work.start()
        work._thread.join(10)
        seen.append((work.problem, work.failed))
    assert seen == [(refused, False), (None, True), (None, False)] and work.finished
