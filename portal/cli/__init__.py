"""The `portal` command: what the operator does at the terminal."""

from portal.cli.main import main

__all__ = ["main"]
