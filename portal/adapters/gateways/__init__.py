"""Who takes money on pages of their own: Stripe, PayPal, and a simulation for the demo."""
