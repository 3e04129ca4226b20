"""Two commands on a fresh machine: what they install, when, and what they leave alone."""

import inspect
import os
import re
import shutil
import socket
import subprocess
import tomllib
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import pytest
from packaging.requirements import Requirement
from streamlit import config as streamlit_config
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.runtime import app_session

from pages.ui import looks, prompt
from pages.ui.room import connect

ROOT = Path(__file__).resolve().parent.parent
FILES = ("requirements.txt", "requirements-dask.txt", "requirements-dev.txt", "constraints.txt")
BENCHMARKS = Path("tests") / "benchmarks"
RIVALS = [BENCHMARKS / "requirements-frames.txt", BENCHMARKS / "requirements-rivals.txt"]


def pins(file: str | Path) -> dict[str, str]:
    """Package to version, from the lines of a requirements file that name packages."""
    found = {}
    for line in (ROOT / file).read_text("utf-8").splitlines():
        line = line.split("#")[0].strip()
        if line and not line.startswith("-"):
            requirement = Requirement(line)
            specifier = list(requirement.specifier)
            exact = len(specifier) == 1 and specifier[0].operator == "=="
            assert exact and "*" not in specifier[0].version, f"{file}: {line} is not pinned"
            found[canonical(requirement.name)] = specifier[0].version
    return found


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("file", FILES)
def test_every_package_is_pinned_to_one_version(file):
    """Two people who set up a month apart get the same packages."""
    everything = pins("constraints.txt")
    for package, version in pins(file).items():
        assert everything.get(package) == version, f"{package} differs from constraints.txt"


@pytest.mark.parametrize("file", RIVALS, ids=lambda file: file.stem)
def test_rivals_are_pinned_apart_beside_the_same_compiler(file):
    """They have their own NumPy, but our kernels are compiled there as they are here."""
    compiler, own = ("numba", "llvmlite"), pins(file)
    everything = pins("constraints.txt")
    assert {name: own[name] for name in compiler} == {name: everything[name] for name in compiler}


def needed() -> set[str]:
    """What the requirements need on this machine, all the way down."""
    waiting = set(pins("requirements.txt")) | set(pins("requirements-dev.txt"))
    seen: set[str] = set()
    while waiting:
        package = waiting.pop()
        seen.add(package)
        needs = [Requirement(text) for text in metadata.requires(package) or []]
        used = [n for n in needs if not n.marker or n.marker.evaluate({"extra": ""})]
        waiting |= {canonical(n.name) for n in used} - seen
    return seen


def test_what_runs_is_what_is_pinned():
    """The tests speak of the versions that a reader gets, packages of packages included."""
    everything = pins("constraints.txt")
    assert {p: metadata.version(p) for p in needed()} == {p: everything.get(p) for p in needed()}


def test_a_users_own_package_index_is_respected():
    """No file names a registry or switches off pip's settings; mirrors and proxies keep working."""
    files = [*FILES, "setup.sh", "Makefile", ".ci/run", "pyproject.toml"]
    ways = r"index-url|find-links|trusted-host|--isolated|--no-index|PIP_\w+|https?://"
    found = {file: re.findall(ways, (ROOT / file).read_text("utf-8")) for file in files}
    assert not {file: hits for file, hits in found.items() if hits}


def test_the_image_is_made_of_files_that_are_there():
    """What the Dockerfile copies exists, and rooms, secrets and caches of this machine stay out."""
    recipe = (ROOT / "deploy" / "Dockerfile").read_text("utf-8")
    copied = [line.split()[1:-1] for line in recipe.splitlines() if line.startswith("COPY ")]
    named = [name for names in copied for name in names]
    assert "requirements.txt" in named and all((ROOT / name).exists() for name in named)
    assert f"{connect.SETTING}=sqlite:////data/" in recipe and "deploy/serve.py" in recipe
    ignored = (ROOT / ".gitignore").read_text("utf-8").split()
    kept_out = (ROOT / ".dockerignore").read_text("utf-8").split()
    # There a name without a slash is meant in every folder; for Docker `**/` says so.
    wanted = [n.strip("/") if n.startswith("/") else f"**/{n.rstrip('/')}" for n in ignored]
    assert not {".git", *wanted} - set(kept_out)


def test_ci_runs_what_the_readme_says():
    """The README opens with the two commands, and CI calls the second."""
    top = (ROOT / "README.md").read_text("utf-8").splitlines()[:15]
    assert any(line.startswith("make run") for line in top)
    assert any(line.startswith("make test") for line in top)
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    assert "make test" in (ROOT / ".ci" / "run").read_text("utf-8").splitlines()


FAKE_PYTHON = """#!/bin/sh
echo "python $*" >>"$CALLS"
case "$*" in
*version_info*) exit "${TOO_OLD:-0}" ;;
*ensurepip*) [ -e "$HERE/has-venv" ] ;;
*libatomic*) [ -e "$HERE/has-library" ] ;;
"-m venv"*) mkdir -p "$4/bin" && cp "$0" "$4/bin/python" ;;
*"pip install"*"$PIP_FAILS_FOR"*) exit "${PIP_FAILS:-0}" ;;
*"pip install"*) ;;
*warm_stages*) echo "warmed" >>"$CALLS"; exit "${COMPILER_FAILS:-0}" ;;
--version) echo "Python 3.9.2" ;;
*) echo same ;;
esac
"""
FAKES = {
    "apt-get": """echo "apt-get $*" >>"$CALLS"
case "$*" in
*python3-venv) touch "$HERE/has-venv" ;;
*"chromium-headless-shell libatomic1")
  cp "$0" "$HERE/bin/chromium-headless-shell"; touch "$HERE/has-library" ;;
*"postgresql nginx-light")
  [ -z "$NO_SERVERS" ] && cp "$0" "$HERE/bin/pg_ctlcluster" && cp "$0" "$HERE/bin/nginx" ;;
esac""",
    "flock": 'shift 2\n"$@"',
    "sudo": 'echo "sudo" >>"$CALLS"\n"$@"',
    "id": 'echo "${FAKE_ID:-0}"',
}
TOOLS = "bash sh env cat cp mkdir touch mktemp rm dirname basename sha256sum tail chmod".split()


class Machine:
    """A folder with the setup script and stand-ins for the programs that it calls."""

    def __init__(self, folder: Path):
        self.folder, self.bin, self.log = folder, folder / "bin", folder / "calls"
        self.bin.mkdir()
        (folder / BENCHMARKS).mkdir(parents=True)
        for file in ("setup.sh", *FILES, *RIVALS):
            shutil.copy(ROOT / file, folder / file)
        self.kernel = folder / "engine" / "core" / "loop.py"
        self.kernel.parent.mkdir(parents=True)
        self.kernel.write_text("# a kernel\n")
        for tool in TOOLS:
            (self.bin / tool).symlink_to(shutil.which(tool))
        self.program("python3", FAKE_PYTHON)
        for fake, body in FAKES.items():
            self.program(fake, f"#!/bin/sh\n{body}\n")

    def program(self, name: str, text: str):
        (self.bin / name).write_text(text)
        (self.bin / name).chmod(0o755)

    def setup(self, what: str, **environment: str) -> tuple[int, str, list[str]]:
        """Exit code, printed text and the calls that changed something."""
        self.log.write_text("")
        given = {"PATH": str(self.bin), "CALLS": str(self.log), "HERE": str(self.folder)}
        done = subprocess.run(
            ["bash", "setup.sh", what],
            cwd=self.folder,
            env={**given, **environment},
            capture_output=True,
            text=True,
            timeout=30,
        )
        acts = re.compile(r"-m venv|pip install|apt-get.* install|sudo")
        calls = [line for line in self.log.read_text().splitlines() if acts.search(line)]
        return done.returncode, done.stdout + done.stderr, calls


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def test_run_installs_python_packages_and_no_browser(machine):
    """A bare machine gets Python's venv and the packages of the app, and nothing for tests."""
    code, text, calls = machine.setup("run")
    assert code == 0, text
    assert [call.split()[-1] for call in calls] == ["python3-venv", ".venv", "requirements.txt"]


def test_programs_of_the_tests_come_by_the_package_manager(machine):
    """The browser and the servers of the tests are the system's own, and so is a library."""
    code, text, calls = machine.setup("programs")
    assert code == 0, text
    assert [call.split()[-1] for call in calls] == ["libatomic1", "nginx-light"]
    lists = [line for line in machine.log.read_text().splitlines() if line.endswith("update")]
    assert len(lists) == 1, "renewed once"


def test_test_installs_python_packages_alone(machine):
    """Checks of style and laws need no browser."""
    code, text, calls = machine.setup("test")
    assert code == 0, text
    assert [call.split()[-1] for call in calls] == ["python3-venv", ".venv", "requirements-dev.txt"]


def test_a_missing_browser_is_an_error_that_says_what_to_install(machine):
    """Without it the tests would pass and say nothing about the pages."""
    (machine.bin / "sudo").unlink()
    code, text, calls = machine.setup("programs", FAKE_ID="1000")
    assert code == 1 and not calls
    assert "apt-get install chromium-headless-shell libatomic1" in text


def test_tests_go_on_where_there_are_no_servers(machine):
    """A system without PostgreSQL and nginx can still run every other test."""
    code, text, _ = machine.setup("programs", NO_SERVERS="yes")
    assert code == 0 and "left out" in text


def test_a_second_call_does_nothing(machine):
    """Set up once, start at once; the tests' packages include the app's."""
    for what in ("test", "programs", "kernels"):
        machine.setup(what)
    for what in ("test", "programs", "run", "kernels"):
        code, text, calls = machine.setup(what)
        assert (code, text, calls) == (0, "", [])


def test_a_changed_pin_is_installed_into_the_same_environment(machine):
    """After `git pull` only what changed is installed."""
    machine.setup("run")
    with (machine.folder / "constraints.txt").open("a") as file:
        file.write("extra==1.0\n")
    _, _, calls = machine.setup("run")
    assert [call.split()[-1] for call in calls] == ["requirements.txt"]


def test_an_interrupted_installation_is_taken_up_again(machine):
    """A failed download leaves no stamp behind."""
    code, _, _ = machine.setup("run", PIP_FAILS="1")
    assert code != 0
    code, text, calls = machine.setup("run")
    assert code == 0, text
    assert [call.split()[-1] for call in calls] == ["requirements.txt"]


def test_rivals_have_environments_of_their_own(machine):
    """Each list of `make bench` goes into its own, once; the app's environment is left alone."""
    code, text, calls = machine.setup("rivals")
    assert code == 0, text
    made = [call.split()[-1] for call in calls if "-m venv" in call]
    installed = [call.split()[-1] for call in calls if "pip install" in call]
    assert made == ["build/frames", "build/rivals"]
    assert installed == [str(file) for file in RIVALS]
    assert machine.setup("rivals") == (0, "", [])


def test_a_rival_that_cannot_be_installed_is_left_out(machine):
    """The others are measured, nothing half made stays behind, and the next call tries again."""
    code, text, _ = machine.setup("rivals", PIP_FAILS="1", PIP_FAILS_FOR="requirements-frames")
    assert code == 0 and "going on without the packages of" in text
    assert not (machine.folder / "build" / "frames").exists()
    assert (machine.folder / "build" / "rivals" / "installed-rivals").exists()
    _, _, calls = machine.setup("rivals")
    assert [call.split()[-1] for call in calls] == ["build/frames", str(RIVALS[0])]


def test_kernels_are_compiled_once_and_again_when_they_change(machine):
    """No reader pays for compiling: setting up does, the first time and after a `git pull`."""
    counts = []
    for change in ("", "", "# a new rule\n"):
        with machine.kernel.open("a") as file:
            file.write(change)
        code, text, _ = machine.setup("run")
        assert code == 0, text
        counts.append(machine.log.read_text().splitlines().count("warmed"))
    assert counts == [1, 0, 1]


def test_the_app_starts_where_the_kernels_could_not_be_compiled(machine):
    """It is said, it is no reason to stop, and the next call tries again."""
    code, text, _ = machine.setup("run", COMPILER_FAILS="1")
    assert code == 0 and "could not be compiled now" in text
    machine.setup("run")
    assert "warmed" in machine.log.read_text().splitlines()


def test_system_packages_come_through_sudo_for_everybody_else(machine):
    """Who is not root is asked once, by sudo."""
    code, text, calls = machine.setup("run", FAKE_ID="1000")
    assert code == 0, text
    assert "sudo" in calls


def test_without_rights_the_reader_is_told_what_to_install(machine):
    """No sudo, no root: one line says what an administrator has to run."""
    (machine.bin / "sudo").unlink()
    code, text, calls = machine.setup("run", FAKE_ID="1000")
    assert code == 1 and not calls
    assert "apt-get install python3-venv" in text


def test_an_old_python_is_refused_in_one_line(machine):
    """The message says which version is needed and which was found."""
    code, text, calls = machine.setup("run", TOO_OLD="1")
    assert code == 1 and not calls
    assert text == "setup: Python 3.11 or newer is needed; python3 is Python 3.9.2\n"


SETTINGS = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))


def flat(table: dict, prefix: str = "") -> dict:
    """Dotted option names to values."""
    found = {}
    for key, value in table.items():
        inner = isinstance(value, dict)
        found |= flat(value, f"{prefix}{key}.") if inner else {prefix + key: value}
    return found


@pytest.mark.skipif(not Path(prompt.OPEN_FILES).exists(), reason="a Linux way")
def test_no_answer_waits_for_the_one_before_it():
    """What Streamlit's own way of listening leaves out; a second message waited for 40 ms."""
    nagle = (socket.IPPROTO_TCP, socket.TCP_NODELAY)
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        before = len(os.listdir(prompt.OPEN_FILES))
        assert not listening.getsockopt(*nagle) and prompt.answers() >= 1
        assert len(os.listdir(prompt.OPEN_FILES)) == before, "no file stays open"
        with socket.create_connection(listening.getsockname()):
            accepted, _ = listening.accept()
            with accepted:
                assert accepted.getsockopt(*nagle)


def test_a_look_by_itself_never_overtakes_a_drawing(monkeypatch):
    """Whoever presses is heard at once; a fragment that asks by itself waits for its next turn."""
    asked = []
    assert "self._scriptrunner = None" in inspect.getsource(app_session.AppSession)
    monkeypatch.setattr(looks.AppSession, looks.ASK, lambda session, state: asked.append(state))
    looks.wait()
    looks.wait()
    press, look = ClientState(), ClientState(is_auto_rerun=True)
    for runner in (object(), None):
        for state in (press, look, None):
            looks.AppSession.request_rerun(SimpleNamespace(_scriptrunner=runner), state)
    assert asked == [press, None, press, look, None]


def test_streamlit_knows_every_setting():
    """A misspelt option would be ignored in silence."""
    assert not set(flat(SETTINGS)) - set(streamlit_config.get_config_options())


def test_a_reader_sees_no_stack_trace_and_no_developer_tools():
    """What goes wrong inside stays in the log; nothing is reported to anybody."""
    assert SETTINGS["client"]["showErrorDetails"] == "none"
    assert SETTINGS["client"]["toolbarMode"] == "viewer"
    assert SETTINGS["browser"]["gatherUsageStats"] is False
    assert SETTINGS["server"]["maxUploadSize"] <= 10


def luminance(colour: str) -> float:
    """Relative luminance of #RRGGBB [1], WCAG 2.2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours [1], from 1 to 21, WCAG 2.2."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colours_can_be_read_by_everybody(theme):
    """WCAG AA in both themes: 4.5:1 for text, 3:1 for what charts draw."""
    colours = SETTINGS["theme"][theme]
    grounds = [colours["backgroundColor"], colours["secondaryBackgroundColor"]]
    text = [v for k, v in colours.items() if k.endswith("extColor") or k == "linkColor"]
    assert not [(t, g) for t in text for g in grounds if contrast(t, g) < 4.5]
    # Buttons are white on the primary colour, a slider's number is primary on the background.
    primary = colours["primaryColor"]
    assert contrast(primary, "#FFFFFF") >= 4.5 and contrast(primary, grounds[0]) >= 4.5
    drawn = [*colours["chartCategoricalColors"], primary]
    assert not [(d, g) for d in drawn for g in grounds if contrast(d, g) < 3]
