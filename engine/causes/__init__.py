"""Where a loss came from, and what would have happened without forced flow."""
