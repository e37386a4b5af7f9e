"""`python -m insights_reports.server`: the child process of `running_server`."""

from insights_reports.server.running import run_child

run_child()
