"""What was read from Octopus, kept: the sealed pulls of each run."""
