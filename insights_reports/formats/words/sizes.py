"""Sizes of files."""

from insights_reports.formats.words.words import Words


def file_size(size: int, words: Words) -> str:
    """``123 KB``, ``2.3 MB``: decimal units, as file managers show them."""
    if size < 999_500:
        return words.text("size.kilobytes", n=max(1, round(size / 1000)))
    return words.text("size.megabytes", n=round(size / 1_000_000, 1))
