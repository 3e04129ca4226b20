"""Note: five rules for the mark on the same world, and two signs of stress to act on."""

from pages.ui import marks, note

note.draw("when-marks-lag", picture=marks.picture, beforehand=marks.beforehand)
