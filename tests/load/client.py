"""A browser without a browser: one session of the app over Streamlit's own protocol.

It sends what a browser sends (reruns with widget states, polls of fragments, the hashes of the
messages it has) and keeps what it is shown, without drawing it.
"""

import asyncio
import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

PATIENCE = 60.0  # s
WRONG = "Something went wrong"  # what a page says where it could not be drawn


class Session:
    """One visitor. `async with Session(url, "join", "room=ABCDEF") as me: ...`"""

    def __init__(self, url: str, page: str, query: str = ""):
        self.url, self.page, self.query = url, page, query
        self.script = ""  # hash of the page, as the server names it
        self.elements: dict[tuple, object] = {}  # by place on the page
        self.owners: dict[tuple, str] = {}  # the fragment that drew an element, by place
        self.cache: dict[str, ForwardMsg] = {}
        self.states: dict[str, dict] = {}  # widget id -> field of WidgetState
        self.polls: dict[str, asyncio.Task] = {}
        self.errors: list[str] = []
        self.bytes = self.runs = 0
        self.early = False  # whether the last run is said to have ended before its time
        self.finished = asyncio.Event()
        self.changed = asyncio.Event()
        self.wanted = ""  # the fragment that a press or a change waits for; empty: the page
        self.awaited: re.Pattern | None = None  # words that end the wait for a change
        self.shown: asyncio.Future | None = None  # the moment they came

    async def __aenter__(self):
        where = urlsplit(self.url)
        self.socket = await websockets.connect(
            f"ws://{where.netloc}/_stcore/stream", subprotocols=["streamlit"], max_size=None,
            origin=self.url, open_timeout=PATIENCE, ping_timeout=None,
        )  # fmt: skip
        self.reader = asyncio.create_task(self._read())
        await self.rerun()
        return self

    async def __aexit__(self, *_):
        for task in (*self.polls.values(), self.reader):
            task.cancel()
        await self.socket.close()

    # --- what a visitor does ---

    async def rerun(self, fragment: str = "", poll: bool = False, **trigger) -> float:
        """Ask for a run and wait until it is over; the seconds it took."""
        message = BackMsg()
        state = message.rerun_script
        state.query_string, state.page_script_hash = self.query, self.script
        state.page_name = "" if self.script else self.page
        state.fragment_id, state.is_auto_rerun = fragment, poll
        state.cached_message_hashes.extend(self.cache)
        state.context_info.url = f"{self.url}/{self.page}"
        state.context_info.color_scheme = "light"
        for name, given in {**self.states, **trigger}.items():
            widget = state.widget_states.widgets.add(id=name)
            for field, value in given.items():
                if field == "string_array_value":
                    widget.string_array_value.data.extend(value)
                else:
                    setattr(widget, field, value)
        start = time.perf_counter()
        if poll:
            await self.socket.send(message.SerializeToString())
            return 0.0
        self.wanted = fragment
        self.finished.clear()
        await self.socket.send(message.SerializeToString())
        await asyncio.wait_for(self.finished.wait(), PATIENCE)
        return time.perf_counter() - start

    async def press(self, label: str, shows: str = "") -> float:
        """Press the button with this label; the seconds until its part of the page is drawn again.

        shows : a pattern; the clock then stops at the message in which it stands
        """
        button = self.find("button", label)
        return await self._act(button.id, shows, {"trigger_value": True})

    async def choose(self, slider, option: str, shows: str) -> float:
        """Move a slider; the seconds until the message that shows the pattern."""
        self.states[slider.id] = {"string_array_value": [option]}
        return await self._act(slider.id, shows)

    async def _act(self, name: str, shows: str, trigger: dict | None = None) -> float:
        """Use a widget: a browser asks for the part of the page that the widget belongs to."""
        place = next(p for p, e in self.elements.items() if _id(e) == name)
        given = {} if trigger is None else {name: trigger}
        if not shows:
            return await self.rerun(self.owners.get(place, ""), **given)
        self.awaited, self.shown = re.compile(shows), asyncio.get_running_loop().create_future()
        start = time.perf_counter()
        await self.rerun(self.owners.get(place, ""), **given)
        return await asyncio.wait_for(self.shown, PATIENCE) - start

    async def until(self, text: str, seconds: float = PATIENCE) -> float:
        """Wait until this text is on the page; the moment on the clock of `perf_counter`."""
        return await self.when(lambda: text in self.text(), f"“{text}”", seconds)

    async def when(self, holds: Callable[[], Any], what: str, seconds: float = PATIENCE) -> float:
        """Wait until something holds of the page, as `until` does."""
        deadline = time.perf_counter() + seconds
        while not holds():
            self.changed.clear()
            left = deadline - time.perf_counter()
            if left <= 0:
                raise TimeoutError(f"{what} did not come; there is: {self.text()[:300]}")
            try:
                await asyncio.wait_for(self.changed.wait(), min(left, 1.0))
            except TimeoutError:
                continue
        return time.perf_counter()

    # --- what a visitor sees ---

    def text(self) -> str:
        return "\n".join(_words(element) for element in list(self.elements.values()))

    def buttons(self) -> list[str]:
        """Labels of the buttons on the page."""
        found = list(self.elements.values())
        return [e.button.label for e in found if e.WhichOneof("type") == "button"]

    def find(self, kind: str, label: str):
        """The first widget of a kind with this label."""
        for element in self.elements.values():
            if element.WhichOneof("type") == kind and getattr(element, kind).label == label:
                return getattr(element, kind)
        raise LookupError(f"no {kind} “{label}”; there is: {self.text()[:300]}")

    # --- the protocol ---

    async def _read(self):
        try:
            async for data in self.socket:
                self.bytes += len(data)
                message = ForwardMsg.FromString(data)
                if message.WhichOneof("type") == "ref_hash":
                    full = ForwardMsg()
                    full.CopyFrom(self.cache[message.ref_hash])
                    full.metadata.CopyFrom(message.metadata)
                    message = full
                elif message.metadata.cacheable:
                    self.cache[message.hash] = message
                self._take(message)
        except websockets.ConnectionClosed:
            self.finished.set()

    def _take(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "new_session":
            following = set(message.metadata.run.fragment_ids)
            if self.early and following and self.wanted in self.fragments - following:
                self.finished.set()  # no fragment stops another: the one before it was whole
            self.early, self.run_ids = False, set()
            self.script = message.new_session.page_script_hash
            self.fragments = following
            if not self.fragments:
                self._stop_polls()
        elif kind == "delta":
            place = tuple(message.metadata.delta_path)
            self.run_ids.add(place)
            if message.delta.WhichOneof("type") == "new_element":
                element = message.delta.new_element
                if element.WhichOneof("type") == "exception":
                    self.errors.append(element.exception.message)
                self.elements[place] = element
                self.owners[place] = message.delta.fragment_id
                self._read_words(_words(element))
            self.changed.set()
        elif kind == "navigation":
            self.script = message.navigation.page_script_hash
        elif kind == "page_info_changed":
            self.query = message.page_info_changed.query_string
        elif kind == "auto_rerun":
            given = message.auto_rerun
            if given.fragment_id not in self.polls:
                task = asyncio.create_task(self._poll(given.fragment_id, given.interval))
                self.polls[given.fragment_id] = task
        elif kind == "script_finished":
            # Said of a run that was stopped, and of one after which the next began at once.
            self.early = message.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN
            if not self.early:
                self._ended()

    def _ended(self) -> None:
        """A run is over: what it did not draw again is gone, and whoever waits for it goes on."""
        self.runs += 1
        for place in set(self.elements) - self.run_ids:
            if not self.fragments or self.owners[place] in self.fragments:
                del self.elements[place], self.owners[place]
        if not self.fragments or self.wanted in self.fragments:
            self.finished.set()
        self.changed.set()

    def _read_words(self, words: str) -> None:
        if WRONG in words:
            self.errors.append(words)
        if self.awaited and self.awaited.search(words):
            self.awaited = None
            self.shown.set_result(time.perf_counter())

    def _stop_polls(self):
        for task in self.polls.values():
            task.cancel()
        self.polls.clear()

    async def _poll(self, fragment: str, interval: float):
        while True:
            await asyncio.sleep(interval)
            try:
                await self.rerun(fragment, poll=True)
            except websockets.ConnectionClosed:
                return


def _id(element) -> str:
    """A widget's name; empty for what is none."""
    return getattr(getattr(element, element.WhichOneof("type") or "", None), "id", "")


def _words(element) -> str:
    """The words of an element."""
    kind = element.WhichOneof("type")
    if kind == "bidi_component":
        return re.sub(r'"trace".*', "", str(element.bidi_component)[-300:])
    return str(getattr(getattr(element, kind), "body", "")) if kind else ""
