"""Note: what 0.05 % on forced orders is worth under leverage."""

from pages.ui import note, note_cost

note.draw("five-basis-points", picture=note_cost.picture, beforehand=note_cost.beforehand)
