"""``completion``: a script that completes commands and options in a shell."""

import argparse

import shtab


def main(options: argparse.Namespace) -> int:
    """Print the script for the shell that is named."""
    print(shtab.complete(options.parser, options.shell))
    return 0
