"""The customer area where holders of certified mailboxes see what expires and renew it."""
