"""A look at a room never overtakes a drawing.

Fragments that run by themselves (`run_every`) ask Streamlit for a run as a press does. One that
asks in the moment between the end of a run and the sending of its last messages makes Streamlit
1.67 drop those messages: the reader keeps an old page. Such a request is left out here; the
fragment asks again after its interval. There is no public place for this, so it is set once, and
only where Streamlit still has what it needs (tests/test_setup.py says whether).
"""

from functools import wraps
from typing import Any

from streamlit.runtime.app_session import AppSession

RUNNER, ASK = "_scriptrunner", "request_rerun"


def wait() -> None:
    """Set it for this process; a second time changes nothing."""
    ask = getattr(AppSession, ASK, None)
    if ask is None or hasattr(ask, "__wrapped__"):
        return

    @wraps(ask)
    def asked(session: Any, client_state: Any) -> None:
        by_itself = client_state is not None and client_state.is_auto_rerun
        # Streamlit forgets a runner once its last message is on its way.
        if not (by_itself and getattr(session, RUNNER, None) is not None):
            ask(session, client_state)

    setattr(AppSession, ASK, asked)
