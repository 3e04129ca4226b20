"""Note: a venue's chain of assumptions, broken one link at a time and two at once."""

from pages.ui import note, note_chain

note.draw(
    "a-chain-of-assumptions",
    picture=note_chain.picture,
    claims=note_chain.study,
    choice=note_chain.harm,
)
