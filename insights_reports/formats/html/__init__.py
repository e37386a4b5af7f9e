"""Pages of an edition: the document, the index of a folder, and the templates that make them."""
