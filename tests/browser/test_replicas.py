"""Two copies behind nginx, started as deploy/README.md says: readers keep to their copy."""

import gzip
import http.cookiejar
import os
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed"),
]


def free_ports(number):
    """Ports that nobody listens on; the copies take two in a row."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        first = probe.getsockname()[1]
    for offset in range(1, number):
        with closing(socket.socket()) as probe:
            probe.bind(("127.0.0.1", first + offset))
    return first


class Reader:
    """Somebody with a browser that keeps cookies."""

    def __init__(self, url):
        self.url, self.cookies = url, http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))

    def get(self, path, **headers):
        request = urllib.request.Request(self.url + path, headers=headers)
        with self.opener.open(request, timeout=30) as got:
            return got.status, got.headers, got.read()

    @property
    def number(self):
        return {cookie.name: cookie.value for cookie in self.cookies}["forced_flow"]


@pytest.fixture(scope="module")
def copies(compiled, tmp_path_factory):
    """The two copies and nginx, as one command starts them: (address, folder)."""
    folder, first = tmp_path_factory.mktemp("replicas"), free_ports(3)
    address = f"127.0.0.1:{first + 2}"
    environment = os.environ | {"FOLDER": str(folder), "FIRST_PORT": str(first)}
    environment["PYTHON_IN"] = os.sys.executable
    process = subprocess.Popen(
        ["bash", "deploy/replicas.sh", "2", address],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    said = process.stdout.readline()
    assert f"2 copies behind http://{address}" in said, said
    for _ in range(100):
        try:
            urllib.request.urlopen(f"http://{address}/healthz", timeout=2)
            break
        except OSError:
            time.sleep(0.1)
    yield f"http://{address}", folder
    process.send_signal(signal.SIGTERM)
    process.wait(30)


def test_a_reader_keeps_his_number_and_readers_have_different_ones(copies):
    readers = [Reader(copies[0]) for _ in range(8)]
    first = []
    for reader in readers:
        assert reader.get("/healthz")[0] == 200
        first.append(reader.number)
    assert len(set(first)) == 8
    for reader, number in zip(readers, first, strict=True):
        reader.get("/_stcore/health")
        assert reader.number == number


def test_a_number_made_up_by_a_stranger_is_not_taken(copies):
    reader = Reader(copies[0])
    _, headers, _ = reader.get("/healthz", Cookie="forced_flow=x; forced_flow=%0d%0aSet-Cookie")
    assert re.match(r"forced_flow=[0-9a-f]{32}; Path=/; HttpOnly", headers["Set-Cookie"])


def test_files_travel_compressed_and_are_kept_by_nginx(copies):
    reader = Reader(copies[0])
    _, _, page = reader.get("/")
    script = re.search(r'src="\./(static/[^"]+\.js)"', page.decode()).group(1)
    for expected in ("MISS", "HIT"):
        _, headers, body = reader.get(f"/{script}", **{"Accept-Encoding": "gzip"})
        assert headers["Content-Encoding"] == "gzip" and len(gzip.decompress(body)) > len(body)
        assert headers["X-Cache"] == expected


@pytest.mark.parametrize("path", ["/metrics", "/_stcore/metrics"])
def test_counters_are_not_for_strangers(copies, path):
    with pytest.raises(urllib.error.HTTPError, match="404"):
        Reader(copies[0]).get(path)


def visit(url, browser):
    """Open a page with a fresh browser profile; the addresses that could not be had."""
    wrong = []
    with closing(browser.new_context(viewport={"width": 1280, "height": 900})) as context:
        page = context.new_page()
        page.on("response", lambda got: wrong.append(got.url) if got.status >= 400 else None)
        page.goto(url)
        page.get_by_role("heading", level=1).wait_for(timeout=30_000)
    # At a deep address Streamlit itself first asks in the wrong place for its own health.
    return [address for address in wrong if "/_stcore/" not in address]


def test_every_page_and_picture_reaches_its_reader(copies, browser):
    """Pictures and downloads live in the process that made them: each visit must keep to one."""
    assert [visit(f"{copies[0]}/model", browser) for _ in range(4)] == [[]] * 4


def test_when_a_copy_dies_its_readers_go_on_with_the_other(copies):
    """Kill one copy: everybody is answered still, those of the dead copy by the living one."""
    url, folder = copies
    readers = [Reader(url) for _ in range(8)]
    for reader in readers:
        reader.get("/healthz")
    os.kill(int((folder / "copy-0.pid").read_text()), signal.SIGKILL)
    for reader in readers:
        assert reader.get("/healthz")[0] == 200
        assert reader.get("/")[0] == 200
    dead = (folder / "copy-0.pid").read_text()
    for _ in range(100):
        if (folder / "copy-0.pid").read_text() != dead:
            return
        time.sleep(0.1)
    pytest.fail("the copy that died was not started again")
