"""Stated figures and ours, paired cell by cell and compared."""
