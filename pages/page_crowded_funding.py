"""Note: what a crowd pays for being one, beside realised volatility."""

from pages.ui import note, note_funding

note.draw("crowded-funding", picture=note_funding.picture, beforehand=note_funding.beforehand)
