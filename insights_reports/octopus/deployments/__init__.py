"""The reply of ``/deployments`` as one table, and the table as files."""
