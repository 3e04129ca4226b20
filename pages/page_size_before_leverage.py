"""Note: what half the size and half the leverage save, over depth."""

from pages.ui import note, note_size

note.draw("size-before-leverage", picture=note_size.picture, beforehand=note_size.beforehand)
