// A report's life through @octopusdeploy/api-client; prints what it saw as one line of JSON.
const {
  Client,
  ProjectGroupRepository,
  TagSetRepository,
  TenantRepository,
} = require("@octopusdeploy/api-client");

const spaceName = "Default";
const reports = "~/api/{spaceId}/insights/reports";
const everything = { take: 2147483647 };

function connect(apiKey) {
  return Client.create({
    userAgentApp: "insights-reports-tests",
    instanceURL: process.env.OCTOPUS_URL,
    apiKey,
  });
}

async function refusal(call) {
  try {
    await call();
    return null;
  } catch (error) {
    return { StatusCode: error.StatusCode, ErrorMessage: error.ErrorMessage, Errors: error.Errors };
  }
}

async function names(client) {
  const list = await client.request(`${reports}{?skip,take}`, { spaceName, ...everything });
  return list.Items.map((report) => report.Name);
}

async function life(client) {
  const before = await names(client);
  const created = await client.doCreate(reports, {
    spaceName,
    SpaceId: "Spaces-1",
    Name: "By the official client",
    TimeZone: "Asia/Tokyo",
    ChannelIds: ["Channels-101"],
  });
  const one = { spaceName, id: created.Id };
  const read = await client.request(`${reports}/{id}`, one);
  const changes = { ...read, spaceName, Description: "by the official client" };
  const updated = await client.doUpdate(`${reports}/{id}`, changes, one);
  const between = await names(client);
  const twice = await refusal(() =>
    client.doCreate(reports, { spaceName, SpaceId: "Spaces-1", Name: created.Name })
  );
  const nameless = await refusal(() =>
    client.doCreate(reports, { spaceName, SpaceId: "Spaces-1", Name: "" })
  );
  await client.del(`${reports}/{id}`, one);
  const gone = await refusal(() => client.request(`${reports}/{id}`, one));
  return { before, created, read, updated, between, twice, nameless, gone, after: await names(client) };
}

async function figures(client) {
  const path = `${reports}/{id}/metrics{?split,timeRange,granularity,tenantTagSetId}`;
  const question = { spaceName, id: "InsightsReports-1", timeRange: "LastQuarter", granularity: "Weekly" };
  const whole = await client.request(path, { ...question, split: "None" });
  const tags = { split: "TenantTagSet", tenantTagSetId: "TagSets-1" };
  const byTag = await client.request(path, { ...question, ...tags });
  const streams = await client.request(`${reports}/{id}/deployments`, question);
  return {
    whole: whole.Series.map((series) => series.Name),
    byTag: byTag.Series.map((series) => series.Name),
    streams: streams.Streams.length,
  };
}

async function lookUps(client) {
  const kinds = { tenants: TenantRepository, groups: ProjectGroupRepository, tagSets: TagSetRepository };
  const found = {};
  for (const [kind, Repository] of Object.entries(kinds)) {
    const list = await new Repository(client, spaceName).list(everything);
    found[kind] = list.Items.map((item) => item.Name);
  }
  return found;
}

async function main() {
  const client = await connect(process.env.OCTOPUS_API_KEY);
  const restricted = await connect(process.env.OCTOPUS_RESTRICTED_KEY);
  const said = {
    life: await life(client),
    figures: await figures(client),
    lookUps: await lookUps(client),
    forbidden: await refusal(() =>
      restricted.doCreate(reports, { spaceName, SpaceId: "Spaces-1", Name: "Not allowed" })
    ),
    wrongKey: await refusal(async () => names(await connect("API-WRONG"))),
  };
  console.log(JSON.stringify(said));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
