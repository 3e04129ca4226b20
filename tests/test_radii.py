"""Safety radii: no marks within its radius take an account with several legs to its limit."""

from itertools import product
from types import SimpleNamespace

import numpy as np

from engine.core import radii
from engine.core.legs import needed_with, worth_beside
from engine.core.margin import deductions
from engine.core.state import ADDON
from engine.scenario.compile import compile_scenario
from engine.scenario.params import kernel_params
from tests.twin.several import several_case


def plain(kernel):
    """The function behind a kernel, which takes any group of arrays."""
    return getattr(kernel, "py_func", kernel)


def steep_rules(rng, compiled, largest: float):
    """Inputs with a table whose rate jumps near the largest leg, and add-ons in force."""
    floors = np.array([0.0, largest * rng.uniform(0.8, 1.2)])
    rates = np.array([0.01, rng.choice([0.02, 0.5])])
    rules = {"floors": floors, "rates": rates, "deductions": deductions(floors, rates)}
    large = np.array([[0.0, rng.choice([0.0, 0.2])]])
    addon = np.zeros(compiled.inputs.f.shape[1], ADDON)
    addon["rate"], addon["depth"] = rng.choice([0.0, 0.1]), compiled.inputs.depth
    scheme = int(rng.choice([1, 2]))
    return compiled.inputs._replace(**rules, scheme=scheme, large=large), addon


def slack_left(rng, compiled, p, i: int) -> list[float]:
    """Shares of its slack that account `i` has left in each corner of its radius."""
    marks, base = compiled.inputs.f[0], compiled.base[i]
    worth = np.abs(base[: len(marks)]) * marks
    inputs, addon = steep_rules(rng, compiled, worth.max())
    rho, need = np.full((len(marks), len(marks)), inputs.rho[0]), np.zeros((2, len(marks)))
    np.fill_diagonal(rho, 1.0)

    def slack(quote, at):
        limit = needed_with(base, at, -1, 0.0, rho, p, inputs, addon, need)
        return worth_beside(quote, base, at, -1, p.haircut) - limit

    room = worth.sum() * rng.choice([0.01, 0.1, 0.3])
    quote = room - slack(0.0, marks)
    state = SimpleNamespace(
        raw=marks[None, :], base=base[None, :], quote=[quote], addon=addon[None, :], need=need,
        gauge=np.zeros(3),
    )  # fmt: skip
    plain(radii.open_radii)(inputs, state)
    r = plain(radii.radius)(0, 0, room, p, inputs, state)
    corners = [1.0 + r * np.array(sides) for sides in product((-1.0, 1.0), repeat=len(marks))]
    assert 0.0 <= r < 1.0
    return [slack(quote, marks * corner) / room for corner in corners]


def test_no_marks_within_its_radius_take_an_account_to_its_limit(monkeypatch):
    """Whatever the mode, the tier, the add-ons and the coins; and often the radius is no larger."""
    monkeypatch.setattr(radii, "wake_all", lambda state: None)
    rng, least = np.random.default_rng(1), []
    for seed in range(60):
        scenario, given = several_case(seed)
        compiled = compile_scenario(scenario, **given)
        p, symbols = kernel_params(scenario, compiled.units), compiled.inputs.f.shape[1]
        for i in np.flatnonzero(compiled.inputs.symbol < 0):
            if compiled.base[i, :symbols].any():
                least.append(min(slack_left(rng, compiled, p, i)))
    assert min(least) > 0.0
    assert np.quantile(least, 0.25) < 0.1
