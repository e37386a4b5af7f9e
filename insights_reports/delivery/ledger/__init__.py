"""The ledger: what was made, what is owed to whom, and what became of it."""
