"""The flows as workers of a work pool load them: by the name of this module, wherever the package
is installed. The worker's environment or the deployment names the configuration (`Served`)."""

from insights_reports.scheduling.flows import load_flows
from insights_reports.scheduling.served import Served

_flows = load_flows(Served.from_environment())
make_edition = _flows.make_edition
deliver_owed = _flows.deliver_owed
