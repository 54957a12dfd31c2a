"""Outside systems behind the ports, one folder each, the real ones and those the demo uses."""
