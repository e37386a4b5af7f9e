"""Editions into folders and other storage."""
