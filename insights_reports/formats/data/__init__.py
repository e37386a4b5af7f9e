"""The edition as data: its figures as a tidy table, and its typed documents as JSON."""
