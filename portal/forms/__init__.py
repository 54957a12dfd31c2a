"""Input parsed and validated into domain values; no queries here."""
