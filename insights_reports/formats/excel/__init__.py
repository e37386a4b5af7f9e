"""The workbook of a document."""
