"""Note: accounts with two legs, the correlation that margins them, and when it jumps."""

from pages.ui import note, note_hedge

note.draw(
    "the-hedge",
    picture=note_hedge.picture,
    beforehand=note_hedge.beforehand,
    claims=note_hedge.common,
)
