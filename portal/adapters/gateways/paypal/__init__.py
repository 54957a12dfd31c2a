"""PayPal by plain calls of its Orders and Vault APIs; its own SDK cannot be pointed at another address."""
