"""The mail that brings an edition."""
