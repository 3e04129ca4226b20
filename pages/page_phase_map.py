"""Tool: which liquidation policy does least harm, over any two of seven axes."""

from pages.ui.phase import page

page.draw()
