"""Note: limits that move by themselves, and a ledger of every change."""

from pages.ui import note, note_limits

note.draw(
    "why-did-my-limit-change",
    picture=note_limits.picture,
    also=note_limits.also,
    beforehand=note_limits.beforehand,
)
