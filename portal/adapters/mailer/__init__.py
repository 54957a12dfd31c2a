"""Ways to hand over mails."""
