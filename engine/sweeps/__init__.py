"""Many runs of one scenario: over settings, lanes and seeds, on threads or on a cluster."""
