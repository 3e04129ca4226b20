"""Note: the price and time between the first breach and forced reduction."""

from pages.ui import note, note_band

note.draw("the-band", picture=note_band.picture, beforehand=note_band.beforehand)
