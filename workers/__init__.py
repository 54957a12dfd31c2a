"""Background work: the relay hands outbox rows to Dramatiq, actors call one port each."""
