"""Papers that customers keep, as PDF: one frame for all of them, and one file a kind of paper."""
