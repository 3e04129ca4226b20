"""Note: who pushed whom, drawn, and the multiplier of the cascade computed beforehand."""

from pages.ui import note, note_cascade

note.draw("the-cascade", picture=note_cascade.picture, beforehand=note_cascade.beforehand)
