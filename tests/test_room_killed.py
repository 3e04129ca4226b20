"""kill -9 in the middle of a vote: what was answered is kept, and the room goes on."""

import asyncio
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.databases import Postgres, programs
from tests.load.client import Session
from tests.load.room import open_room
from tests.servers import Server

PEOPLE = 6
SAVED = "Your prediction"


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request):
    if request.param == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{Path(folder) / 'rooms.db'}"
        return
    where = programs()
    if where is None:
        pytest.skip("no PostgreSQL on this machine; setup.sh installs it where it can be had")
    running = Postgres(where)
    yield running.new("killed")
    running.remove()


@pytest.fixture
def server(address):
    running = Server(FORCED_FLOW_ROOMS=address).wait().ready()
    yield running
    running.stop()


def test_a_killed_server_loses_no_vote_and_the_room_goes_on(server):
    """Half of the room has answered, the other half presses as the server dies."""
    # In a thread of its own: Playwright keeps a loop running in the thread of the browser tests.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, journey(server)).result()


async def journey(server):
    leader, code = await open_room(server.url)
    people = [await Session(server.url, "join", f"room={code}").__aenter__() for _ in range(PEOPLE)]
    for one in people:
        await one.press("Join")
    await leader.press("Go on: Predict")
    for one in people:
        await one.until("**Predict**")
    first, second = people[: PEOPLE // 2], people[PEOPLE // 2 :]
    for one in first:
        await one.press(label(one))
        assert SAVED in one.text()
    pressed = [asyncio.create_task(one.press(label(one))) for one in second]
    await asyncio.sleep(0.01)
    server.kill()
    await asyncio.gather(*pressed, return_exceptions=True)
    told = [SAVED in one.text() for one in people]
    assert all(told[: len(first)])

    server.start()
    await asyncio.to_thread(lambda: server.wait().ready())
    # A browser comes back by itself, with its address; nothing else is left of the old session.
    again = [await Session(server.url, "join", one.query).__aenter__() for one in people]
    leader = await Session(server.url, "workshop", leader.query).__aenter__()
    for one, was_told in zip(again, told, strict=True):
        assert "**Predict**" in one.text()
        assert SAVED in one.text() or not was_told, "an answer that was confirmed is gone"
    for one in again:
        if SAVED not in one.text():
            await one.press(label(one))
    await leader.rerun()
    assert f"**{PEOPLE} of {PEOPLE}** have answered" in leader.text()
    await leader.press("Go on: Reveal")
    for one in again:
        await one.until(f"{PEOPLE} predictions")
        assert not one.errors
    for one in (leader, *again):
        await one.__aexit__()


def label(one: Session) -> str:
    """The first answer."""
    return next(e.button.label for e in one.elements.values() if e.WhichOneof("type") == "button")
