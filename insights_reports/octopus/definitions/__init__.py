"""Definitions of reports as files."""
