"""Note: who pays when an account cannot pay for its own position."""

from pages.ui import note, note_fair

note.draw("who-pays", picture=note_fair.picture, claims=note_fair.treatment)
