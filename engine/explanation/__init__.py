"""Why a limit triggered, in numbers that recompute."""

from engine.causes.attribution import Disagreement, Part
from engine.explanation.arithmetic import Fill, Remedy
from engine.explanation.narration import explain
from engine.explanation.told import Explanation

__all__ = ["Disagreement", "Explanation", "Fill", "Part", "Remedy", "explain"]
