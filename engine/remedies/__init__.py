"""What would have prevented an event: the smallest change of one thing, proved by two runs."""
