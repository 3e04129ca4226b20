"""Note: who pushed whom, drawn, and the multiplier of the cascade computed beforehand."""

from pages.ui import cascade, note

note.draw("the-cascade", picture=cascade.picture, beforehand=cascade.beforehand)
