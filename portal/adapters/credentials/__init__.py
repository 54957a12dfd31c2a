"""Ways to check a password: argon2 hashes of our own, and the adapters of the credential port."""
