"""Where the reference data lives: beside the repository, or where FORCED_FLOW_SHARED points."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def _find() -> Path | None:
    named = os.environ.get("FORCED_FLOW_SHARED")
    for path in ([Path(named)] if named else []) + [ROOT.parent / "shared"]:
        if path.is_dir():
            return path
    return None


SHARED = _find()
