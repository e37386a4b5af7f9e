"""The leak test: no file of a slice holds a name or an id that is not its own."""
