"""Note: a monitor ranks, guardrails decide."""

from pages.ui import note, note_monitor

note.draw("models-rank", picture=note_monitor.picture, claims=note_monitor.study)
