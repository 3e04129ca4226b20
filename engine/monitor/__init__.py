"""A monitor beside the venue: what it sees, what it makes of it, and how good that is."""
