"""A gateway that takes no money: its pages belong to the demo, its memory is one SQLite file."""
