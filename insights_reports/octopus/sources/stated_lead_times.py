"""Lead times that Octopus states without the Enterprise licence: they tell how releases go."""

import pandas as pd

from insights_reports.errors import OctopusError
from insights_reports.octopus.client import Client
from insights_reports.octopus.sources.combinations import Combination
from insights_reports.octopus.sources.release_order import ReleaseOrder

_MOST = 3  # combinations that are asked for
_WHERE = ["project_id", "channel_id", "environment_id"]


def stated_lead_times(client: Client, by_order: dict[ReleaseOrder, pd.DataFrame]) -> pd.DataFrame:
    """The deployments of the combinations of project, channel and environment in which the orders
    differ most, as the Insights of their projects state them; none where there are no Insights."""
    table, other = by_order["id"], by_order["version"]
    differ = table["lead_time_from_version"].astype(object) != other[
        "lead_time_from_version"
    ].astype(object)
    differ &= table["lead_time_from_version"].notna() | other["lead_time_from_version"].notna()
    busiest = table.loc[differ, _WHERE].astype(str).value_counts().index[:_MOST]
    found = [table.iloc[:0]]
    for project, channel, environment in busiest:
        one = Combination(project, channel, environment)
        try:
            found.append(client.project_deployments(project, one.params).table)
        except OctopusError:  # a server or a licence without Insights: nothing to learn from
            break
    columns = ["deployment_id", "lead_time_from_version"]
    return pd.concat([each[columns].astype(object) for each in found], ignore_index=True)
