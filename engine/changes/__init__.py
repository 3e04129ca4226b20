"""Limits that change: what is in force, what changed it, and the risk the change created."""
