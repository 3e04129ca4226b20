"""What readers leave on a server is bounded."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from streamlit import runtime
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from deploy import serve


@pytest.fixture
def manager(monkeypatch):
    found = MemoryUploadedFileManager("/_stcore/upload_file")
    monkeypatch.setattr(runtime, "get_instance", lambda: SimpleNamespace(uploaded_file_mgr=found))
    return found


def leave(manager, session, size):
    number = str(len(manager.file_storage.get(session, ())))
    manager.add_file(session, UploadedFileRec(number, "prices.csv", "text/csv", bytes(size)))


def answer(session, size, method="PUT", path="/_stcore/upload_file/{}/1"):
    """The status of an upload; 204 stands for what Streamlit would answer."""
    sent = []

    async def streamlit(_scope, _receive, send):
        await send({"type": "http.response.start", "status": 204, "headers": []})

    async def send(message):
        sent.append(message)

    headers = [(b"content-length", str(size).encode())]
    scope = {"type": "http", "method": method, "path": path.format(session), "headers": headers}
    with ThreadPoolExecutor(1) as apart:  # this thread may have a loop already, for a browser
        apart.submit(lambda: asyncio.run(serve.Uploads(streamlit)(scope, None, send))).result()
    return sent[0]["status"]


def test_a_session_keeps_so_much_and_no_more(manager, monkeypatch):
    """Another session still may; what is no upload is let through."""
    monkeypatch.setattr(serve, "KEPT_OF_ONE", 1_000)
    leave(manager, "ada", 600)
    assert answer("ada", 400) == 204 and answer("ada", 401) == 413
    assert answer("bob", 1_000) == 204
    assert answer("ada", 401, method="DELETE") == 204
    assert answer("ada", 401, path="/_stcore/health") == 204
    manager.remove_session_files("ada")
    assert answer("ada", 401) == 204


def test_all_sessions_together_keep_so_much_and_no_more(manager, monkeypatch):
    monkeypatch.setattr(serve, "KEPT_OF_ALL", 1_000)
    leave(manager, "ada", 600)
    leave(manager, "bob", 300)
    assert answer("eve", 100) == 204 and answer("eve", 101) == 413
