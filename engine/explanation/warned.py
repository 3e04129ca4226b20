"""Why an account reduced by itself: its own plan, or a warning of the monitor's operator."""

from engine.explanation.sides import Moment
from engine.monitor.operator import warning


def began(m: Moment) -> str:
    """How the sentence about a reduction begins."""
    alert = warning(m.result, m.step, m.account)
    if alert is None:
        return "As decided beforehand it"
    step, stream = alert
    return f"Warned by the operator after the alert at step {step:,} (stream: {stream}), it"
