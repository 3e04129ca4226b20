"""The command line: what each command prints, and one clear line for bad input."""

import csv
import io
import json
import os
import re
import subprocess
import sys

import pytest

import engine
from engine.cli import main
from engine.scenario.load import scenario_to_toml
from engine.totals import TOTALS
from tests.shared import ROOT

PRESETS = [preset.name for preset in engine.presets()]
RULES = {
    "maintenance", "limit_change", "slice", "auction_open", "auction_take", "auction_expire",
    "backstop_take", "bankruptcy", "fund_payment", "adl_fill", "socialised_loss", "unwind",
    "correlation_change", "requirement_change", "collateral_sale", "funding", "crowd", "reduction",
    "volatility_addon", "depth_published", "leverage_cap", "exposure_limit",
    "halt", "resumption", "outage", "outage_end", "band",
}  # fmt: skip


def call(*argv):
    """What a command prints; it must succeed."""
    out = io.StringIO()
    assert main(argv, out) == 0
    return out.getvalue()


def refused(capsys, *argv):
    """The one line a command answers to bad input."""
    out = io.StringIO()
    assert main(argv, out) == 2
    printed = capsys.readouterr()
    assert out.getvalue() == "" and printed.out == ""
    assert printed.err.endswith("\n") and printed.err.count("\n") == 1
    return printed.err


def python_m(*argv, **options):
    command = [sys.executable, "-m", "engine", *argv]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, **options)


@pytest.fixture
def candles(tmp_path):
    """Two candle files of one hour with a drop of 30 %."""
    start, paths = 1_621_426_800_000, []
    for symbol, kind, scale in (("AAAUSDT", "spot", 1.0), ("AAAUSDT", "perp", 0.99)):
        lines = []
        for i in range(60):
            price = scale * (100.0 if i < 30 else 70.0) + 0.01 * i
            cells = (start + i * 60_000, price, price * 1.002, price * 0.997, price * 1.001, 5)
            lines.append(",".join(map(str, cells)))
        paths.append(tmp_path / f"{symbol}-{kind}-1m.csv")
        paths[-1].write_text("\n".join(lines) + "\n")
    return paths


def test_presets_are_listed_one_a_line():
    """Name first, no header, the opening scenario first."""
    lines = call("presets").splitlines()
    assert [line.split()[0] for line in lines] == PRESETS
    assert all(re.match(r"[a-z][a-z0-9-]{3,} ", line) and len(line) <= 80 for line in lines)


@pytest.mark.parametrize("policy", engine.POLICIES)
def test_run_prints_json(policy):
    """Everything a script needs: fingerprint, metrics, conservation, balances, counts."""
    report = json.loads(call("run", "fast-drop", "--policy", policy, "--json"))
    scenario = engine.presets()[0].scenario
    result = engine.run(scenario.with_values(**{"liquidation.policy": policy}))
    assert report["policy"] == policy
    assert report["fingerprint"] == result.fingerprint
    assert report["metrics"] == {name: result.metrics[name] for name in TOTALS}
    assert report["conservation"] == {"quote": 0.0, "base": 0.0}
    assert set(report["events"]) == RULES
    assert sum(report["events"].values()) == report["events_total"] == len(result.events)
    assert len(report["balances"]) == len(result.quote)
    assert report["notes"] == []


def test_run_uses_the_scenarios_own_policy():
    """Without --policy nothing is chosen for the reader."""
    own = engine.presets()[0].scenario.liquidation.policy
    assert json.loads(call("run", "fast-drop", "--json"))["policy"] == own


def test_text_fits_a_terminal():
    """Metrics with units, at most 80 columns."""
    for text in (call("run", "fast-drop"), call("compare", "fast-drop")):
        assert "liquidated notional [USD]" in text and "slippage [bp]" in text
        assert max(map(len, text.splitlines())) <= 80


def test_compare_prints_the_three_policies():
    """One report a policy, the same as `run` prints."""
    report = json.loads(call("compare", "gap-down", "--json"))
    assert list(report) == ["market", "incremental", "auction"]
    alone = json.loads(call("run", "gap-down", "--policy", "auction", "--json"))
    assert report["auction"] == alone


def test_events_are_a_csv_in_log_order():
    """Numbered from 0, one row an event."""
    rows = list(csv.DictReader(io.StringIO(call("events", "gap-down"))))
    report = json.loads(call("run", "gap-down", "--json"))
    assert [row["event"] for row in rows] == [str(n) for n in range(report["events_total"])]
    for rule, count in report["events"].items():
        assert sum(row["rule"] == rule for row in rows) == count


def test_the_ledger_adds_up():
    """From the printed ledger alone: sums are constant and end at the printed balances."""
    report = json.loads(call("run", "gap-down", "--policy", "auction", "--json"))
    rows = csv.DictReader(io.StringIO(call("ledger", "gap-down", "--policy", "auction")))
    quote = [0] * len(report["balances"])
    for row in rows:
        quote[int(row["payee"])] += int(row["ticks"])
        if row["verb"] != "opening":
            quote[int(row["payer"])] -= int(row["ticks"])
    assert quote == [row["ticks"] for row in report["balances"]]


def test_an_explanation_has_both_sides():
    """Rule, formula, inputs, sides, parts, total and a text."""
    report = json.loads(call("explain", "fast-drop", "--event", "0", "--json"))
    wanted = {"rule", "formula", "inputs", "value", "limit", "parts", "total", "text"}
    assert wanted <= set(report)
    assert report["value"] <= report["limit"]
    assert all({"name", "value", "unit"} == set(one) for one in report["inputs"])
    assert report["total"] == pytest.approx(sum(part["amount"] for part in report["parts"]))
    assert call("explain", "fast-drop", "--event", "0").strip() == report["text"]


def test_remedies_are_printed_with_their_proofs():
    """The text names each axis; the JSON has two runs for each answer, and shares that add up."""
    report = json.loads(call("explain", "gap-down", "--event", "0", "--remedies", "--json"))
    first = report["remedies"][0]
    assert first["axis"] == "collateral" and [p["happens"] for p in first["proofs"]] == [
        False,
        True,
    ]
    for blamed in report["caused"]:
        assert sum(share["amount"] for share in blamed["shares"]) == pytest.approx(blamed["whole"])
    text = call("explain", "gap-down", "--event", "0", "--remedies")
    assert text.startswith(report["text"]) and first["sentence"] in text


def test_a_link_with_a_lane_runs_that_lane():
    """On the command line as on its page: the same scenario, the same result."""
    lane = engine.lanes("when-marks-lag")[2]
    scenario = next(p.scenario for p in engine.presets() if p.name == "late-mark")
    view = engine.View(scenario, page="when-marks-lag", lane=lane.name)
    report = json.loads(call("run", engine.link(view), "--json"))
    assert report["fingerprint"] == engine.run(scenario.with_values(**lane.changes)).fingerprint
    compared = json.loads(call("compare", engine.link(view), "--json"))
    assert list(compared) == list(engine.PAGES["when-marks-lag"])
    assert compared[lane.name]["fingerprint"] == report["fingerprint"]


def test_a_presets_link_opens_its_page_and_runs_to_its_result():
    """The first page whose note lists the preset, and the lane that this page has in view."""
    for preset, page in (("fast-drop", "three-ways-out"), ("bp-fast", "five-basis-points")):
        link = call("link", preset).strip()
        view = engine.read_link(link)
        assert view.page == page
        assert json.loads(call("run", link, "--json"))["fingerprint"][:12] == view.fingerprint


def test_compare_of_a_pages_link_names_its_lanes():
    """The columns are headed by what differs, not by the policy that all of them share."""
    text = call("compare", call("link", "bp-fast").strip())
    heads = [head.strip() for head in text.splitlines()[0].split("  ") if head]
    assert heads == ["1 bp, as it is", "5 bp more", "10 bp more"]


def test_a_target_is_a_preset_a_file_or_a_link(tmp_path):
    """The three ways to name one scenario give one fingerprint."""
    path = tmp_path / "mine.toml"
    path.write_text(scenario_to_toml(engine.presets()[0].scenario))
    link = call("link", "fast-drop").strip()
    assert link.startswith("?v=")
    texts = [call("run", target, "--json") for target in ("fast-drop", str(path), link)]
    assert texts[0] == texts[1] == texts[2]
    assert engine.read_link(link).fingerprint == json.loads(texts[0])["fingerprint"][:12]


def test_candles_run_through_the_plain_population(candles):
    """Spot is preferred to the perpetual, and the notes say so."""
    report = json.loads(call("replay", *map(str, candles), "--policy", "market", "--json"))
    assert report["policy"] == "market" and report["symbols"] == ["AAAUSDT"]
    assert report["metrics"]["liquidated_accounts"] > 0
    assert "spot candles are the fundamental price" in report["notes"][0]


def test_a_perpetual_alone_says_what_it_already_contains(candles):
    """Candles of a perpetual hold the forced flow of the day; JSON and text say so."""
    report = json.loads(call("replay", str(candles[1]), "--json"))
    assert any("already contain the forced flow" in note for note in report["notes"])
    assert "Note: AAAUSDT: perpetual candles" in call("replay", str(candles[1]))


def test_every_command_takes_a_candle_file(candles):
    """`run FILE` is `replay FILE`, so its events and movements can be asked for too."""
    path = str(candles[0])
    assert call("run", path, "--json") == call("replay", path, "--json")
    assert call("events", path).count("\n") > 1
    assert call("explain", path, "--event", "0").strip()


def test_a_link_to_a_replay_needs_its_candles(candles, capsys):
    """It names the candles by their hash and refuses others."""
    link = call("link", str(candles[0])).strip()
    assert "given together with its candle files" in refused(capsys, "run", link)
    again = json.loads(call("run", link, "--candles", str(candles[0]), "--json"))
    assert again == json.loads(call("run", str(candles[0]), "--json"))
    assert "hash" in refused(capsys, "run", link, "--candles", str(candles[1]))


def test_accounts_may_come_from_a_table(tmp_path):
    """--table FILE replaces the drawn accounts."""
    path = tmp_path / "accounts.csv"
    path.write_text("side,size_coin,entry,leverage\nlong,1,60000,30\nshort,2,60000,10\n")
    report = json.loads(call("run", "fast-drop", "--table", str(path), "--json"))
    assert sum(row["name"].startswith("account") for row in report["balances"]) == 2


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        ((), "COMMAND"),
        (("bogus",), "bogus"),
        (("run",), "TARGET"),
        (("run", "no-such-preset"), "no-such-preset"),
        (("run", "no-such.toml"), "no-such.toml"),
        (("run", "."), "target"),
        (("run", ""), "target"),
        (("run", "a\nb"), "target"),
        (("run", "?v=9"), "v = '9'"),
        (("run", "?v=1&s=calm&c=book.depth~-1"), "book.depth"),
        (("run", "?v=1&s=calm&c=accounts.count~1000000~~world.steps~200000"), "account-steps"),
        (("run", "calm", "--policy", "luck"), "luck"),
        (("run", "calm", "--pol", "market"), "--pol"),
        (("run", "calm", "--table", "no-such.csv"), "no-such.csv"),
        (("run", "calm", "extra"), "extra"),
        (("run", "?v=1&s=calm&c=accounts.data~0123456789abcdef"), "accounts.data"),
        (("run", "?v=1&s=calm&c=world.data~0123456789abcdef"), "world.data"),
        (("explain", "calm"), "--event"),
        (("explain", "calm", "--event", "0"), "no events"),
        (("explain", "gap-down", "--event", "-1"), "--event"),
        (("explain", "gap-down", "--event", "1e3"), "--event"),
        (("explain", "gap-down", "--event", "999999"), "--event"),
        (("replay",), "FILE"),
        (("replay", "no-such.csv"), "no-such.csv"),
        (("replay", str(ROOT)), "existing file"),
        (("replay", str(ROOT / "README.md")), "README.md"),
    ],
)
def test_bad_input_gives_one_line(capsys, argv, said):
    """Exit code 2 and one line on standard error that names what was wrong."""
    line = refused(capsys, *argv)
    assert said in line and line.startswith("error: ")
    assert "Traceback" not in line


@pytest.mark.parametrize("option", ["--event=--", "--table=--", "--policy=--"])
def test_a_value_of_two_dashes_is_refused(capsys, option):
    command = "explain" if "event" in option else "run"
    assert "expected one argument" in refused(capsys, command, PRESETS[0], option)


@pytest.mark.parametrize("name", ["", "a" * 5_000, "a\0b"])
def test_an_impossible_table_is_refused_in_a_short_line(capsys, name):
    said = refused(capsys, "run", PRESETS[0], "--table", name)
    assert "table" in said and len(said) < 250


def test_candles_of_different_length_are_refused(candles, capsys, tmp_path):
    """One clear line, whatever is wrong with the files."""
    other = tmp_path / "BBBUSDT-spot-1h.csv"
    other.write_text("1621425600000,1,1,1,1,1\n1621429200000,1,1,1,1,1\n")
    assert "bar length" in refused(capsys, "replay", str(candles[0]), str(other))
    assert "one file of" in refused(capsys, "replay", str(candles[0]), str(candles[0]))


def test_a_contradiction_is_not_shown(monkeypatch, capsys):
    """If the log does not recompute, nothing is printed and the exit code is 1."""

    def broken(result):
        raise AssertionError("event 3: logged balances of row 7 do not follow")

    monkeypatch.setattr("engine.log.frames.conservation", broken)
    out = io.StringIO()
    assert main(("run", "calm", "--json"), out) == 1
    assert out.getvalue() == ""
    assert "event 3" in capsys.readouterr().err


def test_python_m_engine_runs():
    """The module is a command: help, a result, and exit code 2 with one line."""
    assert "COMMAND" in python_m("--help").stdout
    done = python_m("presets")
    assert done.returncode == 0 and done.stdout.split()[0] == PRESETS[0]
    wrong = python_m("run", "no-such-preset")
    assert wrong.returncode == 2 and wrong.stdout == "" and wrong.stderr.count("\n") == 1


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
def test_a_full_disk_gives_one_line():
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "engine", "presets"]
        done = subprocess.run(command, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("error: the output cannot be written")
    assert done.stderr.count("\n") == 1


def test_a_reader_may_leave_early():
    """`events | head -1` ends without a stack trace."""
    shell = f"'{sys.executable}' -m engine events fast-drop | head -1"
    done = subprocess.run(
        ["sh", "-c", shell], cwd=ROOT, capture_output=True, text=True, env=dict(os.environ)
    )
    assert done.stdout.startswith("event,step") and done.stderr == ""
