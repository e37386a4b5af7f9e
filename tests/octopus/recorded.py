"""Replies in the shape of Octopus 2024.2, field for field; the values are made up.

The shapes are those of public recordings of a real server (DataDog/integrations-core,
octopus_deploy/tests/fixtures) and, of channels, tenants, tag sets, interruptions and the XML feed,
of Octopus's own clients. Each list says of itself what such a server says, also what is odd.
"""

from typing import Any

BASE = "/api/Spaces-1"
UNSET = "0001-01-01T00:00:00.000+00:00"
NOT_LICENSED = {"ErrorMessage": "The resource was not found.", "Errors": None, "HelpLink": None}

# number, release, state, guided, completed; of one project in one environment, newest last
DEPLOYMENTS = (
    (16, 1, "Success", False, "2024-09-23T11:00:14.123"),
    (17, 2, "Failed", False, "2024-09-23T13:00:10.123"),
    (18, 3, "Success", True, "2024-09-23T15:00:00.500"),
    (19, 3, "Success", False, "2024-09-23T16:00:20.123"),
)
RELEASES = ((1, "0.0.1", "10:00:00"), (2, "0.0.2", "12:00:00"), (3, "0.1.0-rc.1", "14:00:00"))

Item = dict[str, Any]


def envelope(item_type: str, path: str, items: list[Item], template: str, **more: Any) -> Item:
    return {
        "ItemType": item_type,
        "TotalResults": len(items),
        "ItemsPerPage": 30,
        "NumberOfPages": 1,
        "LastPageNumber": 0,
        **more,
        "Items": items,
        "Links": {
            "Self": f"{path}?skip=0&take=30",
            "Template": f"{path}{{?{template}}}",
            "Page.All": f"{path}?skip=0&take=2147483647",
            "Page.Current": f"{path}?skip=0&take=30",
            "Page.Last": f"{path}?skip=0&take=30",
        },
    }


def _space() -> Item:
    return {
        "Id": "Spaces-1",
        "Name": "Default",
        "Slug": "default",
        "Description": None,
        "IsDefault": True,
        "IsPrivate": False,
        "TaskQueueStopped": False,
        "SpaceManagersTeams": ["teams-administrators", "teams-spacemanagers-Spaces-1"],
        "SpaceManagersTeamMembers": [],
        "Icon": None,
        "ExtensionSettings": [],
        "LastModifiedOn": UNSET,
        "Links": {
            "Self": "/api/spaces/Spaces-1",
            "SpaceHome": BASE,
            "Web": "/app#/spaces/Spaces-1",
        },
    }


def _project(number: int, name: str, group: int) -> Item:
    id = f"Projects-{number}"
    return {
        "Id": id,
        "SpaceId": "Spaces-1",
        "VariableSetId": f"variableset-{id}",
        "DeploymentProcessId": f"deploymentprocess-{id}",
        "ClonedFromProjectId": None,
        "DiscreteChannelRelease": False,
        "IncludedLibraryVariableSetIds": [],
        "DefaultToSkipIfAlreadyInstalled": False,
        "TenantedDeploymentMode": "Untenanted",
        "DefaultGuidedFailureMode": "EnvironmentDefault",
        "VersioningStrategy": None,
        "ReleaseCreationStrategy": {
            "ChannelId": None,
            "ReleaseCreationPackage": None,
            "ReleaseCreationPackageStepId": None,
        },
        "Templates": [],
        "AutoDeployReleaseOverrides": [],
        "ReleaseNotesTemplate": None,
        "DeploymentChangesTemplate": None,
        "ForcePackageDownload": False,
        "Icon": None,
        "ExtensionSettings": [],
        "Name": name,
        "Slug": name,
        "Description": "",
        "IsDisabled": False,
        "ProjectGroupId": f"ProjectGroups-{group}",
        "LifecycleId": "Lifecycles-1",
        "AutoCreateRelease": False,
        "IsVersionControlled": False,
        "PersistenceSettings": {"Type": "Database"},
        "ProjectConnectivityPolicy": {
            "SkipMachineBehavior": "None",
            "TargetRoles": [],
            "AllowDeploymentsToNoTargets": False,
            "ExcludeUnhealthyTargets": False,
        },
        "Links": {
            "Self": f"{BASE}/projects/{id}",
            "Channels": f"{BASE}/projects/{id}/channels{{/id}}{{?skip,take,partialName}}",
            "Releases": f"{BASE}/projects/{id}/releases{{/version}}{{?skip,take,searchByVersion}}",
            "InsightsMetrics": f"{BASE}/projects/{id}/insights/metrics{{?channelId,environmentId,"
            "tenantId,tenantFilter,timeRange,granularity,timeZone}",
        },
    }


def _group(number: int, name: str) -> Item:
    id = f"ProjectGroups-{number}"
    return {
        "Id": id,
        "Name": name,
        "Description": None,
        "EnvironmentIds": [],
        "RetentionPolicyId": None,
        "SpaceId": "Spaces-1",
        "Links": {
            "Self": f"{BASE}/projectgroups/{id}",
            "Projects": f"{BASE}/projectgroups/{id}/projects",
        },
    }


def _channel(number: int, project: int, name: str, *, default: bool) -> Item:
    id = f"Channels-{number}"
    return {
        "Id": id,
        "SpaceId": "Spaces-1",
        "ProjectId": f"Projects-{project}",
        "Name": name,
        "Slug": name.lower(),
        "Description": None,
        "LifecycleId": None,
        "IsDefault": default,
        "Rules": [],
        "TenantTags": [],
        "GitReferenceRules": [],
        "GitResourceRules": [],
        "Links": {"Self": f"{BASE}/projects/Projects-{project}/channels/{id}"},
    }


def _environment(number: int, name: str) -> Item:
    id = f"Environments-{number}"
    return {
        "Id": id,
        "SpaceId": "Spaces-1",
        "Slug": name,
        "Name": name,
        "Description": "",
        "SortOrder": number - 1,
        "UseGuidedFailure": False,
        "AllowDynamicInfrastructure": True,
        "ExtensionSettings": [],
        "Links": {"Self": f"{BASE}/environments/{id}"},
    }


def _release(number: int, version: str, assembled: str) -> Item:
    id = f"Releases-{number}"
    return {
        "Id": id,
        "SpaceId": "Spaces-1",
        "ProjectId": "Projects-3",
        "Version": version,
        "ChannelId": "Channels-3",
        "ReleaseNotes": None,
        "ProjectDeploymentProcessSnapshotId": "deploymentprocess-Projects-3-s-1",
        "IgnoreChannelRules": False,
        "BuildInformation": [],
        "Assembled": f"2024-09-23T{assembled}.000+00:00",
        "LibraryVariableSetSnapshotIds": [],
        "SelectedPackages": [],
        "SelectedGitResources": [],
        "ProjectVariableSetSnapshotId": "variableset-Projects-3-s-0",
        "VersionControlReference": None,
        "Links": {"Self": f"{BASE}/releases/{id}", "Project": f"{BASE}/projects/Projects-3"},
    }


def _deployment(number: int, release: int, *_: object) -> Item:
    id = f"Deployments-{number}"
    return {
        "Id": id,
        "SpaceId": "Spaces-1",
        "ReleaseId": f"Releases-{release}",
        "ChannelId": "Channels-3",
        "DeploymentProcessId": "deploymentprocess-Projects-3-s-1-MNSER",
        "Changes": [
            {
                "Version": RELEASES[release - 1][1],
                "ReleaseNotes": None,
                "BuildInformation": [],
                "WorkItems": [],
                "Commits": [],
            }
        ],
        "ChangesMarkdown": "\n**Release**\n\n",
        "EnvironmentId": "Environments-2",
        "TenantId": None,
        "ForcePackageDownload": False,
        "ForcePackageRedeployment": False,
        "Priority": "LifecycleDefault",
        "SkipActions": [],
        "SpecificMachineIds": [],
        "ExcludedMachineIds": [],
        "ManifestVariableSetId": None,
        "TaskId": f"ServerTasks-{1800 + number}",
        "ProjectId": "Projects-3",
        "UseGuidedFailure": False,
        "Comments": None,
        "FormValues": {},
        "QueueTime": None,
        "QueueTimeExpiry": None,
        "Name": "Deploy to staging",
        "Created": "2024-09-23T10:30:40.224+00:00",
        "TentacleRetentionPeriod": {
            "Unit": "Days",
            "QuantityToKeep": 0,
            "ShouldKeepForever": True,
        },
        "ChangeRequestSettings": None,
        "DeployedBy": "test",
        "DeployedById": "Users-1",
        "FailureEncountered": False,
        "DeployedToMachineIds": [],
        "ExecutionPlanLogContext": {"Steps": [{"Slug": "run", "CorrelationId": "ServerTasks-1"}]},
        "Links": {"Self": f"{BASE}/deployments/{id}", "Task": f"/api/tasks/ServerTasks-{number}"},
    }


def _task(number: int, release: int, state: str, guided: bool, completed: str) -> Item:
    id = f"ServerTasks-{1800 + number}"
    failed = state == "Failed"
    return {
        "Id": id,
        "SpaceId": "Spaces-1",
        "Name": "Deploy",
        "Description": f"Deploy payments release {release} to staging",
        "Arguments": {"DeploymentId": f"Deployments-{number}"},
        "State": state,
        "Completed": "Monday, 23 September 2024 3:10:03 PM +00:00",
        "QueueTime": f"{completed}+00:00",
        "QueueTimeExpiry": None,
        "StartTime": f"{completed}+00:00",
        "LastUpdatedTime": f"{completed}+00:00",
        "CompletedTime": f"{completed}+00:00",
        "ServerNode": "OctopusServerNodes-50c3dfbarc82",
        "Duration": "6 seconds",
        "ErrorMessage": "The deployment failed because one or more steps failed." if failed else "",
        "HasBeenPickedUpByProcessor": True,
        "IsCompleted": True,
        "FinishedSuccessfully": not failed,
        "HasPendingInterruptions": False,
        "CanRerun": False,
        "HasWarningsOrErrors": failed,
        "UnmetPreconditions": None,
        "ProjectId": "Projects-3",
        "Links": {"Self": f"/api/tasks/{id}", "Raw": f"/api/tasks/{id}/raw"},
    }


def _interruption(number: int) -> Item:
    return {
        "Id": f"Interruptions-{number}",
        "SpaceId": "Spaces-1",
        "Title": "Deploy payments release 0.1.0-rc.1 requires failure guidance",
        "Created": "2024-09-23T14:59:00.000+00:00",
        "IsPending": False,
        "Form": {"Values": {"Guidance": "Retry"}, "Elements": []},
        "RelatedDocumentIds": ["Projects-3", f"Deployments-{number}", "Environments-2"],
        "ResponsibleTeamIds": ["teams-everyone"],
        "ResponsibleUserId": "Users-1",
        "CanTakeResponsibility": False,
        "HasResponsibility": True,
        "TaskId": f"ServerTasks-{1800 + number}",
        "CorrelationId": "ServerTasks-1",
        "IsLinkedToOtherInterruption": False,
        "Type": "GuidedFailure",
        "Links": {"Self": f"{BASE}/interruptions/Interruptions-{number}"},
    }


def feed() -> str:
    """All of it, whatever it is asked for; the client looks at the ids."""
    rows = []
    for number, release, state, _, completed in DEPLOYMENTS:
        said = {
            "DeploymentId": f"Deployments-{number}",
            "DeploymentName": "Deploy to staging",
            "ProjectId": "Projects-3",
            "ProjectName": "payments",
            "ProjectSlug": "payments",
            "TenantId": "",
            "TenantName": "",
            "ChannelId": "Channels-3",
            "ChannelName": "Default",
            "EnvironmentId": "Environments-2",
            "EnvironmentName": "staging",
            "ReleaseId": f"Releases-{release}",
            "ReleaseVersion": RELEASES[release - 1][1],
            "TaskId": f"ServerTasks-{1800 + number}",
            "TaskState": state,
            "Created": completed[:19],
            "QueueTime": completed[:19],
            "StartTime": completed[:19],
            "CompletedTime": completed[:19],
            "DurationSeconds": "6",
            "DeployedBy": "test",
        }
        fields = "".join(f"<{name}>{text}</{name}>" for name, text in said.items())
        rows.append(f"<Deployment>{fields}</Deployment>")
    return f'<?xml version="1.0" encoding="utf-8"?><Deployments>{"".join(rows)}</Deployments>'


_COUNTS = {"Canceled": 0, "Cancelling": 0, "Executing": 0, "Failed": 13, "Queued": 0,
           "Success": 1783, "TimedOut": 0, "Interrupted": 0}  # fmt: skip
LISTS: dict[str, Item] = {
    "/api/spaces": envelope("Space", "/api/spaces", [_space()], "skip,take,ids,partialName"),
    f"{BASE}/projects": envelope(
        "Project",
        f"{BASE}/projects",
        [_project(3, "payments", 1), _project(4, "other", 2)],
        "name,skip,ids,clone,take,partialName,clonedFromProjectId",
    ),
    f"{BASE}/projectgroups": envelope(
        "ProjectGroup",
        f"{BASE}/projectgroups",
        [_group(1, "Default Project Group"), _group(2, "other")],
        "skip,take,ids,partialName",
    ),
    f"{BASE}/channels": envelope(
        "Channel",
        f"{BASE}/channels",
        [_channel(3, 3, "Default", default=True), _channel(5, 3, "Hotfix", default=False)],
        "skip,take,ids,partialName",
    ),
    f"{BASE}/environments": envelope(
        "Environment",
        f"{BASE}/environments",
        [_environment(1, "dev"), _environment(2, "staging")],
        "name,skip,ids,take,partialName",
    ),
    f"{BASE}/tenants": envelope("Tenant", f"{BASE}/tenants", [], "skip,projectId,name,tags,take"),
    f"{BASE}/tagsets": envelope("TagSet", f"{BASE}/tagsets", [], "skip,take,ids,partialName"),
    f"{BASE}/releases": envelope(
        "Release", f"{BASE}/releases", [_release(*each) for each in RELEASES[::-1]], "skip,ids,take"
    ),
    f"{BASE}/deployments": envelope(
        "Deployment",
        f"{BASE}/deployments",
        [_deployment(*each) for each in DEPLOYMENTS[::-1]],
        "skip,take,ids,projects,environments,tenants,channels,taskState,partialName",
    ),
    f"{BASE}/tasks": envelope(
        "Task",
        "/api/tasks",  # links of tasks have no space
        [_task(*each) for each in DEPLOYMENTS[::-1]],
        "skip,active,environment,tenant,runbook,project,name,states,take,ids,fromCompletedDate",
        TotalCounts=_COUNTS,
        TotalCountsInOtherSpaces=dict.fromkeys(_COUNTS, 0),
    ),
    f"{BASE}/interruptions": envelope(
        "Interruption", f"{BASE}/interruptions", [_interruption(18)], "skip,take,regarding,ids"
    ),
}
SINGLE: dict[str, Item] = {
    "/api": {
        "Application": "Octopus Deploy",
        "Version": "2024.2.9409",
        "ApiVersion": "3.0.0",
        "InstallationId": "7a3bd26a-2f5c-4f54-8f3c-2ad2e5a4b0b7",
        "HasLongTermSupport": False,
        "IsEarlyAccessProgram": False,
        "Links": {"Self": "/api", "SpaceHome": "/api/{spaceId}"},
    },
    "/api/users/me": {
        "Id": "Users-1",
        "Username": "reports",
        "DisplayName": "Reports",
        "IsActive": True,
        "IsService": True,
        "EmailAddress": None,
        "CanPasswordBeEdited": False,
        "IsRequestor": True,
        "Identities": [],
        "Links": {"Self": "/api/users/Users-1", "Spaces": "/api/users/Users-1/spaces"},
    },
}
