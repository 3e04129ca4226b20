"""Tool: numbers known at the opening, held against what happened in thousands of cases."""

from pages.ui import scored

scored.draw()
