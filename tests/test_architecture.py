"""The shape of the code: who imports whom, how large things are, which settings are on."""

import ast
import io
import re
import subprocess
import sys
import tokenize
import tomllib
from pathlib import Path

import pytest
from streamlit.source_util import page_icon_and_name

from engine.scenario.pages import PAGES as PAGES_OF_LINKS
from engine.scenario.pages import TOOLS

ROOT = Path(__file__).resolve().parent.parent
MODULE_LINES, FUNCTION_LINES = 250, 40

# Besides the standard library; a final dot means "and everything below". The longest area counts.
ALLOWED = {
    "engine/core": {"numpy.", "numba.", "engine.core."},
    "engine/scenario": {"numpy.", "pandas.", "engine.core.", "engine.scenario."},
    "engine/monitor": {"numpy.", "numba.", "pandas.", "engine.", "sklearn."},
    "engine": {"numpy.", "numba.", "pandas.", "engine."},
    "engine/sweeps/cluster.py": {"distributed.", "engine."},
    "pages/ui": {"streamlit.", "altair.", "pandas.", "segno.", "engine", "pages.ui."},
    "pages/ui/takeaway": {"streamlit.", "pandas.", "vl_convert.", "engine", "pages.ui."},
    "pages/ui/room": {
        "streamlit.",
        "altair.",
        "pandas.",
        "sqlalchemy.",
        "engine",
        "pages.ui.",
    },
    "pages": {"streamlit.", "altair.", "engine", "pages.ui."},
    "app.py": {"streamlit.", "engine", "pages.ui."},
    "deploy": {"streamlit.", "starlette.", "pages.ui."},
}
# Functions that may be longer, each with the reason.
LONG_FUNCTIONS = {}


def sources(*areas: str) -> list[Path]:
    """The Python files of these areas (folders or files)."""
    paths = []
    for area in areas:
        at = ROOT / area
        paths += [at] if at.is_file() else sorted(at.rglob("*.py"))
    return paths


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


PRODUCT = sources("engine", "pages", "app.py", "deploy")
ENGINE = sources("engine")
PAGES = sources("pages", "app.py")


def imports(path: Path) -> set[str]:
    """Every module that a file imports; `from package import module` counts as the module."""
    found = set()
    package = name(path).split("/")[:-1]
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join(above + ([node.module] if node.module else []))
            for alias in node.names:
                inner = ROOT / base.replace(".", "/") / alias.name
                is_module = inner.with_suffix(".py").is_file() or inner.is_dir()
                found.add(f"{base}.{alias.name}" if is_module else base)
    return found


def may_import(path: Path, module: str) -> bool:
    area = max((a for a in ALLOWED if name(path) == a or name(path).startswith(a + "/")), key=len)
    if module.split(".")[0] in sys.stdlib_module_names:
        return True
    below = tuple(allowed for allowed in ALLOWED[area] if allowed.endswith("."))
    return module in ALLOWED[area] or f"{module}.".startswith(below)


@pytest.mark.parametrize("path", PRODUCT, ids=name)
def test_imports_point_inward(path):
    """Pages import the engine, the engine its core, the core numbers only; never the other way."""
    bad = {module for module in imports(path) if not may_import(path, module)}
    assert not bad, f"{name(path)} may not import {sorted(bad)}"


def test_charts_are_drawn_without_streamlit():
    """A chart can be made, and tested, where no server runs."""
    for path in sources("pages/ui"):
        if path.stem.startswith("charts"):
            assert "streamlit" not in {module.split(".")[0] for module in imports(path)}


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_pages_use_only_what_the_engine_offers(path):
    """A page says engine.run, never engine.core.loop.run."""
    inner = {p.stem for p in (ROOT / "engine").iterdir() if p.is_dir() or p.suffix == ".py"}
    reached = {
        node.attr
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "engine"
    }
    assert not reached & inner, f"{name(path)} reaches into engine: {sorted(reached & inner)}"


def addresses() -> list[str]:
    """The url_path of every page, which must be a plain string for this to see it."""
    values = []
    for path in PAGES:
        for node in ast.walk(tree(path)):
            for argument in node.keywords if isinstance(node, ast.Call) else []:
                if argument.arg == "url_path":
                    literal = isinstance(argument.value, ast.Constant)
                    assert literal, f"{name(path)}: write url_path as a plain string"
                    values.append(argument.value.value)
    return values


def test_every_address_has_a_door():
    """The first visitor of a cold server, at any address, gets the app and no "page not found".

    Until app.py has run once, Streamlit looks up the address among the files of pages/. A page is
    a file page_<x>.py, which no address may name; a door is named for the address and runs app.py.
    """
    files = [p for p in sorted((ROOT / "pages").glob("*.py")) if p.name != "__init__.py"]
    pages = [path for path in files if path.name.startswith("page_")]
    doors = {page_icon_and_name(path)[1]: path for path in files if path not in pages}
    given = addresses()
    assert len(given) == len(pages) - 1, "each page but the first needs an explicit url_path"
    assert set(given) == set(doors)
    assert not set(given) & {page_icon_and_name(path)[1] for path in pages}
    for path in doors.values():
        assert "runpy.run_path" in path.read_text("utf-8"), f"{name(path)} must hand over to app.py"


def front_matter() -> dict[str, dict]:
    """The TOML head of every field note, by the note's name."""
    heads = {
        path.stem: tomllib.loads(path.read_text("utf-8").split("+++\n", 2)[1])
        for path in sorted((ROOT / "content" / "notes").glob("*.md"))
    }
    return {stem: head for stem, head in heads.items() if "claim" in head}


def test_links_know_every_note_and_its_lanes():
    """What a link may name is declared once, and is what the notes have; each note has a page."""
    lanes = {
        stem: tuple(lane["name"] for lane in head["lanes"]) for stem, head in front_matter().items()
    }
    assert lanes == PAGES_OF_LINKS
    scripts = {f"page_{stem.replace('-', '_')}.py" for stem in (*lanes, *TOOLS)}
    there = {path.name for path in (ROOT / "pages").glob("page_*.py")}
    tools = {"model", "phase-map", "beforehand", "workshop", "join"}
    scripts |= {f"page_{name.replace('-', '_')}.py" for name in ("home", *tools)}
    assert scripts == there
    assert set(addresses()) == {*lanes, *TOOLS, *tools}


def docstring_lines(module: ast.Module) -> set[int]:
    lines: set[int] = set()
    for node in ast.walk(module):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
            value = body[0].value
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                lines |= set(range(value.lineno, value.end_lineno + 1))
    return lines


def code_lines(text: str) -> set[int]:
    """Line numbers that hold code: no blank lines, comments or docstrings."""
    empty = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}
    empty |= {tokenize.ENDMARKER}
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in empty:
            lines |= set(range(token.start[0], token.end[0] + 1))
    return lines - docstring_lines(ast.parse(text))


def test_only_code_is_counted():
    """Blank lines, comments and docstrings are free, so that nobody saves on them."""
    text = (
        '"""A.\n\nB.\n"""\n\n# why\nx = """a\nb"""\n\n\ndef f():\n    "doc"\n    return x  # so\n'
    )
    assert code_lines(text) == {7, 8, 11, 13}


@pytest.mark.parametrize("path", PRODUCT, ids=name)
def test_modules_and_functions_stay_small(path):
    """A module fits a sitting and a function a screen."""
    lines = code_lines(path.read_text("utf-8"))
    assert len(lines) <= MODULE_LINES, f"{name(path)} has {len(lines)} lines of code"
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            size = len(lines & set(range(node.lineno, node.end_lineno + 1)))
            label = f"{name(path)}:{node.name}"
            if label in LONG_FUNCTIONS:
                assert size > FUNCTION_LINES, f"{label} needs no exception any more"
            else:
                assert size <= FUNCTION_LINES, f"{label} has {size} lines of code"


MAKERS = {"list", "dict", "set", "bytearray", "defaultdict", "deque", "Counter", "OrderedDict"}
MUTABLE = ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp | ast.SetComp


def is_mutable(value: ast.expr | None) -> bool:
    if isinstance(value, ast.Call):
        return getattr(value.func, "id", getattr(value.func, "attr", "")) in MAKERS
    return isinstance(value, MUTABLE)


@pytest.mark.parametrize("path", ENGINE, ids=name)
def test_the_engine_keeps_no_state(path):
    """Two readers share a process: nothing in a module changes from one run to the next."""
    module = tree(path)
    kept = []
    for node in module.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and is_mutable(node.value):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = [target.id for target in targets if isinstance(target, ast.Name)]
            kept += [n for n in names if not n.isupper() and not n.startswith("__")]
    kept += [f"global {n.names}" for n in ast.walk(module) if isinstance(n, ast.Global)]
    assert not kept, f"{name(path)} keeps state: {kept}"


@pytest.mark.parametrize("path", [p for p in ENGINE if p.name != "_cache.py"], ids=name)
def test_a_result_depends_on_the_scenario_alone(path):
    """No clock, no environment and no hidden random stream can change a run."""
    modules = {module.split(".")[0] for module in imports(path)}
    assert not modules & {"random", "secrets", "time"}, name(path)
    text = path.read_text("utf-8")
    found = re.findall(r"os\.environ|os\.getenv|np\.random|datetime\.now|date\.today", text)
    assert not found, f"{name(path)} uses {found}"


@pytest.mark.parametrize("path", [p for p in ENGINE if p.name != "jit.py"], ids=name)
def test_kernels_are_compiled_in_one_way(path):
    """Only engine/core/jit.py decides how: serial, cached, exact, without Python's lock."""
    taken = {
        alias.name
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "numba"
        for alias in node.names
    }
    taken |= set(re.findall(r"numba\.(\w+)", path.read_text("utf-8")))
    ways = {"jit", "njit", "vectorize", "guvectorize", "prange", "stencil", "cfunc"}
    assert not taken & ways, f"{name(path)}: decorate with engine.core.jit.kernel"


@pytest.mark.parametrize("path", sources("engine/core"), ids=name)
def test_no_kernel_uses_a_function_whose_last_bit_varies(path):
    """exp, log and powers come from engine.core.maths, the same on every processor."""
    found = [
        f"{part.value.id}.{part.attr} in {node.name}"
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef) and "kernel" in map(ast.unparse, node.decorator_list)
        for part in ast.walk(node)
        if isinstance(part, ast.Attribute)
        and isinstance(part.value, ast.Name)
        and part.value.id in {"np", "numpy", "math"}
        and re.fullmatch(r"(exp|log|pow)\w*|tanh|sin|cos|tan", part.attr)
    ]
    assert not found, f"{name(path)} uses {found}"


def repository_texts() -> list[Path]:
    """The text files under version control, or about to be."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    paths = [ROOT / entry for entry in listed.stdout.split("\0") if entry]
    return [path for path in paths if path.is_file() and b"\0" not in path.read_bytes()[:4096]]


def test_no_file_holds_an_absolute_path():
    """The checkout works wherever it lies."""
    folder = re.compile(r"(?<![\w.~$})*>])/(?:home|root|work|Users|tmp|mnt|opt)/[\w.]|[A-Z]:\\\\\w")
    found = {name(p): folder.findall(p.read_text("utf-8", "replace")) for p in repository_texts()}
    assert not {path: hits for path, hits in found.items() if hits}


def test_the_settings_a_full_room_depends_on_are_on():
    """No full collection after each rerun, and what is loaded at the start is frozen."""
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))
    assert config["runner"]["postScriptGC"] is False
    assert config["client"]["showSidebarNavigation"] is False
    places = sources("app.py", "pages/ui", "deploy")
    frozen = [path for path in places if "gc.freeze()" in path.read_text("utf-8")]
    assert frozen, "call gc.freeze() after the libraries are loaded"


def test_only_the_ledger_moves_money():
    """`trade` and `transfer` are the two verbs; no other kernel writes a balance."""
    writes = re.compile(r"\b(?:quote|base)\[[^\]]*\]\s*[-+*/]?=(?!=)")
    found = {
        name(path): hits
        for path in sources("engine/core")
        if path.name != "ledger.py" and (hits := writes.findall(path.read_text("utf-8")))
    }
    assert not found
    assert len(writes.findall((ROOT / "engine" / "core" / "ledger.py").read_text("utf-8"))) == 4
