"""What is owed: from the configuration, the calendar and the ledger, and from nothing else.

A period is due at an instant (`calendar`); how it stands then is read from the ledger's rows
(`standing`). Nothing here reads a clock or a file.
"""
