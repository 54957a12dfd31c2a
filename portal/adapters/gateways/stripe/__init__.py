"""Cards by Stripe, through its own SDK and its hosted pages."""
