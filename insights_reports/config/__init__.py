"""The configuration: what it may say, how it is read, and what is said of mistakes in it."""
