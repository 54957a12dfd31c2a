"""What the operator brings in from files: the mailbox register and the price list. Source: product.md 5."""
