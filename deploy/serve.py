"""The server of the app: `streamlit run deploy/serve.py`, or `uvicorn deploy.serve:app`.

Beyond `streamlit run app.py` it warms up at its start, compresses what it sends, adds the headers
that keep a page to itself, bounds what readers leave on it, answers /healthz once it is ready, and
counts its work at /metrics.
"""

import asyncio
import base64
import hashlib
import re
import resource
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # the pages and the engine, wherever the server is started from

PATIENCE = 8.0  # seconds the start waits for compiled kernels; compiling goes on behind


def inline_scripts() -> str:
    """Hashes of the scripts inside Streamlit's own page, which the policy below lets run."""
    page = (Path(st.__file__).parent / "static" / "index.html").read_text("utf-8")
    bodies = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digests = (hashlib.sha256(body.encode()).digest() for body in bodies)
    return " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)


# Components are given to the browser as blobs, and Vega and KaTeX set styles on their elements.
POLICY = "; ".join(
    (
        "default-src 'self'",
        f"script-src 'self' blob: {inline_scripts()}",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "worker-src 'self' blob:",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'self'",
        "frame-ancestors 'self'",
    )
)
HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
)


class Headers:
    """Adds HEADERS to every answer."""

    def __init__(self, app: Any):
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def sending(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *HEADERS]
            await send(message)

        await self.app(scope, receive, sending if scope["type"] == "http" else send)


KEPT_OF_ONE = 40_000_000  # bytes of uploaded files that a session may leave here
KEPT_OF_ALL = 1_000_000_000  # and all sessions together


class Uploads:
    """Refuses an uploaded file where the process would keep too much.

    Streamlit bounds each file, but not their number, and keeps them until their session ends.
    """

    def __init__(self, app: Any):
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if (
            scope["type"] == "http"
            and scope["method"] == "PUT"
            and "/upload_file/" in scope["path"]
        ):
            known = st.runtime.get_instance().uploaded_file_mgr.file_storage
            kept = {one: sum(len(f.data) for f in files.values()) for one, files in known.items()}
            own = kept.get(scope["path"].split("/")[-2], 0)
            coming = dict(scope["headers"]).get(b"content-length", b"")
            size = int(coming) if coming.isdigit() else 0
            if own + size > KEPT_OF_ONE or sum(kept.values()) + size > KEPT_OF_ALL:
                said = "There is no place for more files. Remove some, or come back later."
                await PlainTextResponse(said, status_code=413)(scope, receive, send)
                return
        await self.app(scope, receive, send)


@asynccontextmanager
async def lifespan(_: Any) -> AsyncIterator[None]:
    """Warm up before the first reader."""
    from pages.ui import warm  # its caches ask for the server, which is there only now

    await asyncio.to_thread(warm.start().wait, PATIENCE)
    yield


async def healthz(_: Any) -> JSONResponse:
    """200 once the server answers readers without delay, 503 while it gets ready."""
    from pages.ui import warm

    ready = warm.start().wait(0.0)
    state = {"ready": ready, "stage": "" if ready else warm.start().stage}
    return JSONResponse(state, status_code=200 if ready else 503)


async def metrics(_: Any) -> PlainTextResponse:
    """What the process has used so far, as text that Prometheus and its kin read."""
    from pages.ui import budget

    used, line = resource.getrusage(resource.RUSAGE_SELF), budget.PROCESS
    found = {
        "process_cpu_seconds_total": ("counter", used.ru_utime + used.ru_stime),
        "process_resident_memory_bytes": ("gauge", resident_bytes()),
        "forced_flow_computing_seconds_total": ("counter", line.spent),
        "forced_flow_runs_refused_total": ("counter", line.refused),
        "forced_flow_runs_waiting": ("gauge", len(line.line)),
        "forced_flow_runs_at_work": ("gauge", line.running),
        "forced_flow_readers_with_a_purse": ("gauge", len(line.purses)),
    }
    lines = (f"# TYPE {name} {kind}\n{name} {value}\n" for name, (kind, value) in found.items())
    return PlainTextResponse("".join(lines))


def resident_bytes() -> int:
    """Memory of this process now; the most so far where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return pages * resource.getpagesize()


app = st.App(
    ROOT / "app.py",
    lifespan=lifespan,
    routes=[Route("/healthz", healthz), Route("/metrics", metrics)],
    middleware=[
        Middleware(Headers),
        Middleware(Uploads),
        Middleware(GZipMiddleware, minimum_size=1_000),
    ],
)
