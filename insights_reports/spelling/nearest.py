"""What was probably meant: the nearest of the words that there are, and how it is said."""

from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The word of ``known`` that ``word`` most likely stands for, whatever its case, or the only
    one that begins so; else None."""
    from difflib import get_close_matches  # only errors pay for it

    plain = {_plain(each): each for each in known}
    begun = [each for each in plain if word and each.startswith(_plain(word))]
    found = get_close_matches(_plain(word), plain, n=1, cutoff=0.6)
    found = found or (begun if len(begun) == 1 else [])
    return plain[found[0]] if found else None


def same_but_for_case(word: str, known: Iterable[str]) -> str | None:
    """The one word of ``known`` that differs from ``word`` in nothing but case, or None."""
    found = [each for each in known if each.lower() == word.lower()]
    return found[0] if len(found) == 1 else None


def meant_or_all(word: str, known: Iterable[str]) -> str:
    """``Did you mean board? There are: archive, board.`` (the first part if anything is near)."""
    words = list(known)
    found = nearest(word, words)
    meant = f"Did you mean {found}? " if found else ""
    return f"{meant}There are: {', '.join(words) or 'none'}."


def _plain(word: str) -> str:
    return word.lower().replace("_", "-").replace(" ", "-")
