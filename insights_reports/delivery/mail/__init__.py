"""Editions by mail."""
