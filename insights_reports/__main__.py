"""``python -m insights_reports``."""

import sys

from insights_reports.cli import main

if __name__ == "__main__":
    sys.exit(main())
