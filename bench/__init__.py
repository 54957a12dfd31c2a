"""Speed as ratios to a reference in the same interleaved run, and exact counts. Source: hardening.md 4."""
