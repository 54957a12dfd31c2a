"""Ways to reach the machine on which the mailboxes live."""
