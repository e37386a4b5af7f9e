"""Requests and replies: credential, rate, retries, bodies, pages."""
