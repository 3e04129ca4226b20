"""Small studies that a note draws beside its run."""
