"""Values to text: the only place where they meet."""
