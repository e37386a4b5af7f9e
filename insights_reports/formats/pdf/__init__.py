"""The PDF of a document, made by a bounded child process."""
