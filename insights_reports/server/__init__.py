"""The embedded server: Octopus's Insights Reports API over a SQLite database of its own.

It shares no code with the rest of the package, so that a cross-check against it compares two
implementations. Its conventions where Octopus documents none stand in `ranges`, `aggregates` and
`derive.sql`.
"""

from insights_reports.server.importing import Imported, import_file
from insights_reports.server.running import (
    RunningServer,
    create_database,
    read_faults,
    running_server,
    serve,
)

__all__ = [
    "Imported",
    "RunningServer",
    "create_database",
    "import_file",
    "read_faults",
    "running_server",
    "serve",
]
