"""A running server and a Chromium for journeys."""

import os
import shutil

import pytest

import engine
from tests.servers import Server

pytest.register_assert_rewrite("tests.browser.reader")
# Without what a browser does for itself in the background: a fifth of the processor time.
QUIET = (
    "--disable-background-networking", "--disable-component-update", "--disable-extensions",
    "--disable-sync", "--no-first-run",
    "--disable-features=Translate,OptimizationHints,MediaRouter",
)  # fmt: skip
# As setup.sh looks for them: the first is Debian's build without windows.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
CHROMIUM = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


@pytest.fixture(scope="session")
def compiled():
    """Kernels compiled and on disk, so that no journey waits a minute for its first picture."""
    results = engine.compare(engine.presets()[0].scenario)
    engine.trace(results)
    engine.explain(results["incremental"], 0)


@pytest.fixture(scope="session")
def server(compiled, tmp_path_factory):
    rooms = tmp_path_factory.mktemp("rooms") / "rooms.db"
    running = Server(FORCED_FLOW_ROOMS=f"sqlite:///{rooms}").wait()
    yield running
    running.stop()


@pytest.fixture(params=["deploy/serve.py", "app.py"])
def fresh_server(compiled, request):
    """A server that nobody has visited yet, started in either way."""
    running = Server(request.param).wait()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def browser():
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine; set CHROMIUM to its path")
    with api.sync_playwright() as play:
        chromium = play.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", *QUIET]
        )
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def context(browser):
    """Where the browser keeps files that it has loaded; half a second of each page otherwise."""
    one = browser.new_context()
    yield one
    one.close()


@pytest.fixture
def reader(context, server):
    """Readers of the server, as many as a journey needs: reader(PHONE)."""
    from tests.browser.reader import Reader

    readers = []

    def make(*look, **motion):
        readers.append(Reader(context, server.url, *look, **motion))
        return readers[-1]

    yield make
    for one in readers:
        one.close()
    context.clear_cookies()
