"""Who is who in the made-up company: its projects, environments, tenants, tags and reports.

The numbers are rates and odds that `history` draws from; the names cover several scripts, both
writing directions and one that tries to be markup, a formula and a quotation at once.
"""

from dataclasses import dataclass, field

SPACE = (1, "Default", "default", "The products of Nordlicht Handel")
EMPTY_SPACE = (2, "Sandbox", "sandbox", "For trying things out; nothing is deployed here")

GROUPS = {
    1: "Storefront",
    2: "Payments",
    3: "Platform",
    4: "Données & Recherche",
}
ENVIRONMENTS = {
    1: "Development",
    2: "Test",
    3: "QA",
    4: "Staging",
    5: "Production EU",
    6: "Production US",
}
STAGING = 4  # this environment and those after it have a freeze


@dataclass(frozen=True)
class Project:
    """A project and its habits.

    `releases_per_day` on an ordinary weekday; `failure` the odds that a deployment fails;
    `minutes` a typical deployment takes; `production_days` the weekdays (Monday is 0) on which
    it goes to production, every `production_every` weeks; `tenants` of its production deployments
    (none: untenanted); `drift` what the last quarter did to its failure odds and its pace.
    """

    id: int
    name: str
    group: int
    releases_per_day: float
    failure: float
    minutes: float
    production_days: tuple[int, ...]
    environments: tuple[int, ...]
    tenants: tuple[int, ...] = ()
    production_every: int = 1
    drift: float = 1.0
    slug: str = field(default="")


PROJECTS = (
    Project(1, "Web Shop", 1, 1.5, 0.05, 6, (0, 1, 2, 3), (1, 2, 3, 4, 5, 6)),
    Project(2, "Mobile Backend", 1, 1.0, 0.11, 5, (1, 3), (1, 2, 4, 5, 6), drift=0.3),
    Project(3, "Личный кабинет", 1, 0.6, 0.07, 7, (2,), (1, 2, 4, 5), (1, 2, 3, 4, 5, 6)),
    Project(4, "Payments API", 2, 0.8, 0.08, 9, (1, 3), (1, 2, 3, 4, 5, 6), drift=2.6),
    Project(5, "Invoicing", 2, 0.5, 0.06, 8, (2,), (1, 2, 4, 5), (1, 3, 7, 8, 9, 10, 11)),
    Project(6, "Legacy Ledger", 2, 0.3, 0.14, 55, (3,), (1, 2, 4, 5), production_every=3),
    Project(7, 'R&D <Core> "=1+1"', 3, 0.7, 0.07, 4, (0, 2), (1, 2, 4, 5, 6)),
    Project(8, "Identity", 3, 0.5, 0.03, 5, (1,), (1, 2, 3, 4, 5, 6), (2, 4, 6, 8, 12, 13)),
    Project(9, "在庫管理", 3, 0.6, 0.06, 10, (1, 4), (1, 2, 4, 5), (5, 6, 12, 13)),
    Project(10, "Recherche & données", 4, 0.5, 0.05, 12, (2,), (1, 2, 4, 5), (9, 10, 14)),
)
HOTFIX_CHANNELS = {
    101: 1,
    102: 4,
}  # channel id: project id; default channels carry their project's id

TENANTS = {
    1: "Café Zürich",
    2: "Fjällräven Östersund",
    3: "Αθήνα Retail",
    4: "O'Brien & Sons",
    5: "東京ストア",
    6: "متجر الرياض",
    7: "Bäckerei Größe GmbH",
    8: "Łódź Logistyka",
    9: "Montréal Épicerie",
    10: "São Paulo Varejo",
    11: "Київ Маркет",
    12: "서울 상점",
    13: "Sydney Outfitters",
    14: "Reykjavík Bókabúð",
}
TAG_SETS = {1: "Region", 2: "Plan", 3: "Ring"}
TAGS = {
    1: (1, "Europe", "#0D80D8"),
    2: (1, "Asia Pacific", "#36A766"),
    3: (1, "Americas", "#E5A200"),
    4: (1, "Middle East", "#983230"),
    5: (2, "Gold", "#ECAD3F"),
    6: (2, "Silver", "#6E6E6E"),
    7: (2, "Bronze", "#A77B22"),
    8: (3, "Early adopters", "#5ECD9E"),
    9: (3, "Everyone", "#227647"),
}
# Tenant 5 stands in two regions; 13 and 14 have no plan; 14 has no tag at all.
TENANT_TAGS = {
    1: (1, 5, 9),
    2: (1, 6, 8),
    3: (1, 7, 9),
    4: (1, 6, 9),
    5: (2, 1, 5, 9),
    6: (4, 5, 9),
    7: (1, 7, 8),
    8: (1, 6, 9),
    9: (3, 6, 9),
    10: (3, 7, 9),
    11: (1, 6, 9),
    12: (2, 5, 9),
    13: (2, 9),
    14: (),
}

USERS = (
    # id, username, display name, email, is service, is restricted
    (1, "insights-reports", "Insights Reports", "insights-reports@example.com", 1, 0),
    (2, "contractor", "Contractor", "contractor@example.com", 0, 1),
)
# The contractor may not view this project (nor its deployments), nor read these two names.
RESTRICTIONS = ((2, "Projects-6", 1), (2, "Tenants-6", 0), (2, "Environments-6", 0))

MAIN_REPORT = {
    "Name": "Nordlicht delivery performance",
    "Description": "Every product of Nordlicht Handel, from test to production",
    "ProjectGroupIds": ["ProjectGroups-1", "ProjectGroups-2", "ProjectGroups-3"],
    "ProjectIds": ["Projects-10"],
    "TenantIds": [f"Tenants-{tenant}" for tenant in TENANTS],
    "TenantTags": [],
    "TenantMode": "TenantedAndUntenanted",
    "EnvironmentGroups": [
        {"Name": "Test", "Environments": ["Environments-2", "Environments-3"]},
        {"Name": "Staging", "Environments": ["Environments-4"]},
        {"Name": "Production", "Environments": ["Environments-5", "Environments-6"]},
    ],
    "TimeZone": "W. Europe Standard Time",
    "IconId": "chart-line",
    "IconColor": "#0D80D8",
    # Not in Octopus's documentation of the API, but in what real servers send.
    "ChannelIds": ["Channels-101", "Channels-102"],
}
OVERLAPPING_REPORT = {
    "Name": "Tenants, pre-production and production",
    "Description": "Tenanted deployments only; Staging stands in two environment groups",
    "ProjectGroupIds": [],
    "ProjectIds": ["Projects-3", "Projects-5", "Projects-8", "Projects-9", "Projects-10"],
    "TenantIds": ["Tenants-14"],
    "TenantTags": ["Region/Europe", "Region/Asia Pacific"],
    "TenantMode": "Tenanted",
    "EnvironmentGroups": [
        {"Name": "Before production", "Environments": ["Environments-2", "Environments-4"]},
        {
            "Name": "Customers see it",
            "Environments": ["Environments-4", "Environments-5", "Environments-6"],
        },
    ],
    "TimeZone": "FLE Standard Time",
    "IconId": None,
    "IconColor": None,
}
EMPTY_REPORT = {
    "Name": "Nothing yet",
    "Description": "A report whose environment has no deployments of its project",
    "ProjectGroupIds": [],
    "ProjectIds": ["Projects-6"],
    "TenantIds": [],
    "TenantTags": [],
    "TenantMode": "TenantedAndUntenanted",
    "EnvironmentGroups": [{"Name": "Production US", "Environments": ["Environments-6"]}],
    "TimeZone": "UTC",
    "IconId": None,
    "IconColor": None,
}
REPORTS = (MAIN_REPORT, OVERLAPPING_REPORT, EMPTY_REPORT)
