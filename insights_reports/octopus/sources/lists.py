"""The projects and channels of a space, read as whole lists: a few pages for however many."""

from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property

from insights_reports.octopus.client import Client
from insights_reports.octopus.resources import Channel, Environment, Project, Tenant


class Lists:
    """Each list is read when it is first needed; what is asked for is found in it. A list that this
    account may not read raises what `Client.look_up` does."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @cached_property
    def every_project(self) -> dict[str, Project]:
        return {each.Id: each for each in self._client.look_up("projects", Project, None)}

    @cached_property
    def every_channel(self) -> dict[str, Channel]:
        return {each.Id: each for each in self._client.look_up("channels", Channel, None)}

    @cached_property
    def every_environment(self) -> dict[str, Environment]:
        return {each.Id: each for each in self._client.look_up("environments", Environment, None)}

    @cached_property
    def every_tenant(self) -> dict[str, Tenant]:
        return {each.Id: each for each in self._client.all_tenants()}

    @cached_property
    def _by_project(self) -> dict[str, list[Channel]]:
        found = defaultdict(list)
        for channel in self.every_channel.values():
            found[channel.ProjectId].append(channel)
        return found

    def projects(self, ids: Iterable[str]) -> list[Project]:
        return [self.every_project[id] for id in dict.fromkeys(ids) if id in self.every_project]

    def projects_of_group(self, group_id: str) -> list[Project]:
        found = [each for each in self.every_project.values() if each.ProjectGroupId == group_id]
        # Of a group without projects it takes another question whether it is there.
        return found or self._client.projects_of_group(group_id)

    def channels(self, ids: Iterable[str]) -> list[Channel]:
        wanted = list(dict.fromkeys(ids))
        return [self.every_channel[id] for id in wanted if id in self.every_channel]

    def channels_of(self, project_id: str) -> list[Channel]:
        return self._by_project.get(project_id, [])

    def all_tenants(self) -> list[Tenant]:
        return list(self.every_tenant.values())
