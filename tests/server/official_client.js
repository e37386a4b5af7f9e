// A report's life through @octopusdeploy/api-client; prints what it saw as one line of JSON.
const { Client, TenantRepository } = require("@octopusdeploy/api-client");

const spaceName = "Default";
const reports = "~/api/{spaceId}/insights/reports";

async function refusal(call) {
  try {
    await call();
    return null;
  } catch (error) {
    return { StatusCode: error.StatusCode, ErrorMessage: error.ErrorMessage };
  }
}

async function main() {
  const client = await Client.create({
    userAgentApp: "insights-reports-tests",
    instanceURL: process.env.OCTOPUS_URL,
    apiKey: process.env.OCTOPUS_API_KEY,
  });
  const list = await client.request(`${reports}{?skip,take}`, { spaceName, take: 2147483647 });
  const created = await client.doCreate(`${reports}`, {
    spaceName,
    SpaceId: "Spaces-1",
    Name: "By the official client",
    TimeZone: "Asia/Tokyo",
    ChannelIds: ["Channels-101"],
  });
  const one = { spaceName, id: created.Id };
  const read = await client.request(`${reports}/{id}`, one);
  const updated = await client.doUpdate(
    `${reports}/{id}`,
    { ...read, spaceName, Description: "by the official client" },
    one
  );
  const metrics = await client.request(`${reports}/{id}/metrics{?split,timeRange,granularity}`, {
    spaceName,
    id: "InsightsReports-1",
    split: "None",
    timeRange: "LastQuarter",
    granularity: "Weekly",
  });
  const tenants = await new TenantRepository(client, spaceName).list({ take: 100 });
  const groups = await client.request("~/api/{spaceId}/projectgroups{?take}", { spaceName, take: 100 });
  const tagSets = await client.request("~/api/{spaceId}/tagsets{?take}", { spaceName, take: 100 });
  const refused = await refusal(() =>
    client.doCreate(`${reports}`, { spaceName, SpaceId: "Spaces-1", Name: "" })
  );
  await client.del(`${reports}/{id}`, one);
  const afterwards = await refusal(() => client.request(`${reports}/{id}`, one));
  console.log(
    JSON.stringify({
      space: spaceName,
      reports: list.TotalResults,
      created,
      updated,
      series: metrics.Series.map((series) => series.Name),
      tenants: tenants.Items.length,
      groups: groups.Items.length,
      tagSets: tagSets.Items.length,
      afterwards,
      refused,
    })
  );
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
