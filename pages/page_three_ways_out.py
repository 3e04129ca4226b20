"""Note: incremental, auction and market liquidation of the same accounts in the same world."""

from pages.ui import note, three_ways

note.draw("three-ways-out", picture=three_ways.picture, claims=three_ways.differ)
