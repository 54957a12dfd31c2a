"""Documents from outside: taken apart and made anew in a process of their own, scanned, kept sealed."""
