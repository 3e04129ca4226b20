"""The server that `make run` starts: ready before its first reader, small answers, safe headers."""

import gzip
import json
import urllib.request

import pytest

pytestmark = pytest.mark.browser


def answer(address, **headers):
    """Status, headers and body of an address."""
    request = urllib.request.Request(address, headers=headers)
    with urllib.request.urlopen(request, timeout=30) as got:
        return got.status, got.headers, got.read()


def test_it_is_warm_before_anybody_comes(server):
    """As soon as the server answers, kernels are loaded: no reader pays for it."""
    status, _, body = answer(f"{server.url}/healthz")
    assert status == 200 and json.loads(body) == {"ready": True, "stage": ""}


def test_pages_and_scripts_travel_compressed(server):
    """A hundred phones on one access point: every large file is sent as gzip."""
    _, headers, body = answer(server.url, **{"Accept-Encoding": "gzip"})
    assert headers["Content-Encoding"] == "gzip"
    text = gzip.decompress(body).decode()
    script = text.split('src="./')[1].split('"')[0]
    _, headers, _ = answer(f"{server.url}/{script}", **{"Accept-Encoding": "gzip"})
    assert headers["Content-Encoding"] == "gzip"


def test_headers_keep_strangers_out(server):
    """Scripts only from here and none written inline by others, no foreign frames, no sniffing."""
    _, headers, _ = answer(server.url)
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert "'unsafe-inline'" not in policy["script-src"]
    assert "'unsafe-eval'" not in policy["script-src"] and "*" not in policy["script-src"]
    assert policy["frame-ancestors"] == "'self'" and policy["object-src"] == "'none'"
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_it_counts_its_work(server):
    """Each line is a number under its declared type; Streamlit's own counters stand beside them."""
    _, _, body = answer(f"{server.url}/metrics")
    lines = body.decode().splitlines()
    kinds = dict(line.split()[2:4] for line in lines if line.startswith("#"))
    values = {n: float(v) for n, v in (line.split() for line in lines if line[0] != "#")}
    assert set(kinds) == set(values) and set(kinds.values()) == {"counter", "gauge"}
    assert values["process_cpu_seconds_total"] > 0.0
    assert 1e7 < values["process_resident_memory_bytes"] < 1e11
    assert values["forced_flow_runs_refused_total"] == 0.0
    status, _, body = answer(f"{server.url}/_stcore/metrics")
    assert status == 200 and b"active_sessions" in body
