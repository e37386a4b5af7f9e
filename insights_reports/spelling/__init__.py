"""Octopus's texts to values and back: pure, and the same for every reader."""
