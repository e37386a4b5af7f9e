"""Formats: one function from document to file. Only here does a value become text."""
