"""The provider's mail server, asked by IMAP: whether a mailbox's password is right, and how full it is."""
