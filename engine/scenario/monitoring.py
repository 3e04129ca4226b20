"""Settings of the monitor and of its operator."""

from dataclasses import dataclass

from engine.scenario.declare import choice, param

MOST_ACTIONS = 8


@dataclass(frozen=True, kw_only=True)
class Monitor:
    """Who watches the venue, how well, and what may be done about it. Guardrails are not theirs."""

    mode: str = choice(
        "normal",
        ("normal", "blind", "late", "drifted", "adversarial"),
        "What the monitor sees: all; nothing; everything late; streams whose usual level moves; "
        "or streams of somebody who knows the detector.",
    )
    detector: str = choice(
        "cusum", ("robust_z", "ewma", "cusum"), "The chart that raises an alert."
    )
    alarms: float = param(
        24.0, "1/day", "False alarms that the limits would allow on normal values.", 0.1, 10_000.0
    )
    learn: int = param(
        300, "step", "Steps at the opening in which it learns what is usual.", 30, 100_000
    )
    horizon: float = param(
        300.0, "s", "An alert is true if a forced trade follows within this time.", 1.0, 86_400.0
    )
    bursts: float = param(
        6.0, "1/h", "Harmless cancel bursts: orders withdrawn and posted again.", 0.0, 600.0
    )
    delay: float = param(120.0, "s", "By how much mode late is late.", 0.0, 86_400.0)
    drift: float = param(
        12.0, "1/h", "By how many usual deviations an hour mode drifted moves.", -600.0, 600.0
    )
    decoys: float = param(
        30.0, "1/h", "Decoy bursts of mode adversarial, at even times.", 0.0, 600.0
    )
    actions: int = param(
        0, "1", "Alerts the operator may act on in a run (0: no operator).", 0, MOST_ACTIONS
    )
    reaction: float = param(30.0, "s", "Time from an alert to the action.", 0.0, 86_400.0)
    handled: float = param(12.0, "1/h", "Alerts the operator can handle.", 0.1, 3_600.0)
    warned: int = param(20, "account", "Accounts warned for one alert.", 1, 1_000)
    share: float = param(
        0.5, "fraction", "Share of its position that a warned account closes.", 0.01, 0.99
    )

    @property
    def operated(self) -> bool:
        """Whether anybody acts on the ranking."""
        return self.actions > 0
