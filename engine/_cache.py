"""Give each version of the kernels its own numba cache folder, before numba is imported.

numba notices an edit only in the file that holds the cached function, not in the files it
calls into (numba issue 1833), and would go on running the old rule. And where neither the
package nor the home folder is writable it fails at import. Both are cured by choosing the
folder here: the first writable one of NUMBA_CACHE_DIR, the user's cache folder and the
system's temporary folder, with a stamp of the kernels' sources.
"""

import hashlib
import os
import tempfile
from pathlib import Path


def stamp() -> str:
    """Hash of every kernel source and of the flags that change compiled code."""
    digest = hashlib.sha256()
    for path in sorted((Path(__file__).parent / "core").rglob("*.py")):
        digest.update(path.name.encode() + path.read_bytes())
    for flag in ("NUMBA_BOUNDSCHECK", "NUMBA_CPU_NAME", "NUMBA_OPT"):
        digest.update(os.environ.get(flag, "").encode())
    return digest.hexdigest()[:12]


def _candidates():
    if given := os.environ.get("NUMBA_CACHE_DIR"):
        yield Path(given)
    if cache := os.environ.get("XDG_CACHE_HOME"):
        yield Path(cache) / "forced-flow"
    try:
        yield Path.home() / ".cache" / "forced-flow"
    except RuntimeError:  # no home folder
        pass
    user = getattr(os, "getuid", lambda: "user")()
    try:
        yield Path(tempfile.gettempdir()) / f"forced-flow-{user}"
    except FileNotFoundError:  # no temporary folder either
        pass


def choose() -> Path | None:
    """The first folder that can be written, or None."""
    name = f"kernels-{stamp()}"
    for base in _candidates():
        # A process started by one of ours inherits the folder that was chosen there.
        folder = base if base.name == name else base / name
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                return folder
        except OSError:
            continue
    return None


if (_folder := choose()) is not None:
    os.environ["NUMBA_CACHE_DIR"] = str(_folder)
