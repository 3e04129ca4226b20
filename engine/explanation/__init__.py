"""Why a limit triggered, in numbers that recompute."""

from engine.attribution import Disagreement, Part
from engine.explanation.arithmetic import Fill, Remedy
from engine.explanation.narration import Explanation, explain

__all__ = ["Disagreement", "Explanation", "Fill", "Part", "Remedy", "explain"]
