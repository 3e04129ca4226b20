"""Long work on a page: stopped at will, gone on with, and given up when nobody looks."""

import time

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
