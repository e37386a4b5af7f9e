"""The steps of a run as plain functions; a run's folder is all that they hand to each other."""
