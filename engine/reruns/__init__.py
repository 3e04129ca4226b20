"""The same run with one thing changed, and what then became of an event."""
