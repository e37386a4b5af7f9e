"""One module a command; `insights_reports.cli` imports each when it is called."""
