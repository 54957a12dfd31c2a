"""Verbs of the product: each takes a session, a subject and the time, and never commits."""
