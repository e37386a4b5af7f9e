-- A history from the rows of someone's file, in `temp.incoming`. Names are numbered in their order.
--
-- The stream values are taken as the file states them: the releases that were never deployed, and what
-- came before the file begins, are not in it, so they could not be derived again.

INSERT INTO projects
SELECT row_number() OVER (ORDER BY name), 1, 1, name, slug(name), '', 'TenantedOrUntenanted'
FROM (SELECT DISTINCT project AS name FROM temp.incoming);
INSERT INTO environments
SELECT row_number() OVER (ORDER BY name), 1, name, slug(name), '', 500
FROM (SELECT DISTINCT environment AS name FROM temp.incoming);
INSERT INTO tenants
SELECT row_number() OVER (ORDER BY name), 1, name, slug(name), NULL
FROM (SELECT DISTINCT tenant AS name FROM temp.incoming WHERE tenant IS NOT NULL);
-- The first channel of a project is its default channel; the report names the others.
INSERT INTO channels
SELECT row_number() OVER (ORDER BY p.name, i.name), 1, p.id, i.name, slug(i.name), '',
       row_number() OVER (PARTITION BY p.name ORDER BY i.name) = 1
FROM (SELECT DISTINCT project, channel AS name FROM temp.incoming) i
JOIN projects p ON p.name = i.project;
UPDATE projects SET slug = slug || '-' || id;
UPDATE environments SET slug = slug || '-' || id;
UPDATE tenants SET slug = slug || '-' || id;
UPDATE channels SET slug = slug || '-' || id;

-- The rows by completion, with numbers for names. outcome: as in `facts`. Deployments have the numbers
-- of their ids when every row has one, else of their places.
CREATE TEMP TABLE steps (
  seq INTEGER PRIMARY KEY, deployment INTEGER, project INTEGER, channel INTEGER, environment INTEGER,
  tenant INTEGER, release TEXT, completed INTEGER, state TEXT, guided INTEGER, outcome INTEGER,
  lead_time INTEGER, lead_from TEXT, since_previous INTEGER, previous INTEGER,
  recovery INTEGER, attempts INTEGER, recovered INTEGER, recovered_release TEXT
);
INSERT INTO temp.steps
SELECT NULL, i.deployment, p.id, c.id, e.id, t.id, i.release, i.completed, i.state, i.guided,
       CASE WHEN i.state = 'Failed' THEN 1
            WHEN i.state <> 'Success' THEN 3
            WHEN i.guided THEN 2
            ELSE 0 END,
       i.lead_time, i.lead_from, i.since_previous, i.previous,
       i.recovery, i.attempts, i.recovered, i.recovered_release
FROM temp.incoming i
JOIN projects p ON p.name = i.project
JOIN channels c ON c.project_id = p.id AND c.name = i.channel
JOIN environments e ON e.name = i.environment
LEFT JOIN tenants t ON t.name = i.tenant
ORDER BY i.completed, i.rowid;
UPDATE temp.steps SET deployment = seq, previous = NULL, recovered = NULL
WHERE (SELECT count(*) > count(nullif(deployment, 0)) FROM temp.incoming);

-- Environments in the order in which releases reach them: 0 the first of a release, 1 the last.
UPDATE environments SET sort_order = found.place FROM (
  WITH reached AS (
    SELECT channel, release, environment, min(completed) AS at FROM temp.steps
    WHERE outcome = 0 GROUP BY 1, 2, 3
  ),
  ranked AS (
    SELECT environment, rank() OVER (PARTITION BY channel, release ORDER BY at) - 1.0 AS place,
           count(*) OVER (PARTITION BY channel, release) - 1 AS others
    FROM reached
  )
  SELECT environment, cast(1000 * avg(place / others) AS INTEGER) AS place FROM ranked WHERE others > 0 GROUP BY 1
) AS found WHERE environments.id = found.environment;
INSERT INTO tenant_projects
SELECT DISTINCT tenant, project, environment FROM temp.steps WHERE tenant IS NOT NULL;

-- When a release was assembled follows from a lead time that was calculated from it; elsewhere the
-- first deployment that mentions it stands for it. Releases are numbered in this order.
CREATE TEMP TABLE versions (
  channel INTEGER, version TEXT, id INTEGER, assembled INTEGER, PRIMARY KEY (channel, version)
) WITHOUT ROWID;
INSERT INTO temp.versions
WITH mentions AS (
  SELECT channel, release AS version, 3 * seq AS at, completed FROM temp.steps
  UNION ALL SELECT channel, lead_from, 3 * seq + 1, completed FROM temp.steps
            WHERE lead_from IS NOT NULL
  UNION ALL SELECT channel, recovered_release, 3 * seq + 2, completed FROM temp.steps
            WHERE recovered_release IS NOT NULL
),
-- SQLite takes the other columns from the row that has the smallest or the largest value.
first AS (SELECT channel, version, min(at) AS at, completed FROM mentions GROUP BY 1, 2),
stated AS (
  SELECT channel, lead_from AS version, max(seq), completed - lead_time AS assembled
  FROM temp.steps WHERE lead_time IS NOT NULL AND lead_from IS NOT NULL GROUP BY 1, 2
)
SELECT f.channel, f.version, row_number() OVER (ORDER BY ifnull(s.assembled, f.completed), f.at),
       ifnull(s.assembled, f.completed)
FROM first f LEFT JOIN stated s ON s.channel = f.channel AND s.version = f.version;

INSERT INTO releases
SELECT v.id, 1, c.project_id, c.id, v.version, v.assembled
FROM temp.versions v JOIN channels c ON c.id = v.channel ORDER BY v.id;
-- When a task began is not in the file.
INSERT INTO tasks
SELECT deployment, 1, 'Deploy release ' || release, state, completed, NULL, completed
FROM temp.steps ORDER BY deployment;
INSERT INTO deployments
SELECT s.deployment, 1, s.project, s.channel, s.environment, s.tenant, v.id, s.deployment,
       s.completed
FROM temp.steps s JOIN temp.versions v ON v.channel = s.channel AND v.version = s.release
ORDER BY s.deployment;
INSERT INTO interruptions
SELECT NULL, 1, deployment, 'GuidedFailure',
       'Deploy release ' || release || ' requires failure guidance', completed
FROM temp.steps WHERE guided ORDER BY seq;
INSERT INTO streams
SELECT NULL, * FROM (
  SELECT DISTINCT project, channel, environment, ifnull(tenant, 0) FROM temp.steps
) ORDER BY 2, 3, 4, 5;

CREATE TEMP TABLE stream_keys (
  channel INTEGER, environment INTEGER, tenant INTEGER, id INTEGER,
  PRIMARY KEY (channel, environment, tenant)
) WITHOUT ROWID;
INSERT INTO temp.stream_keys SELECT channel_id, environment_id, tenant_id, id FROM streams;
-- Only successful deployments have the time since the previous one on this server.
INSERT INTO facts
SELECT s.completed, s.deployment, k.id, v.id, s.state, s.guided, s.outcome,
       s.lead_time, l.id, iif(s.outcome = 0, s.since_previous, NULL), s.previous,
       s.recovery, s.attempts, s.recovered, r.id
FROM temp.steps s
JOIN temp.stream_keys k
  ON k.channel = s.channel AND k.environment = s.environment AND k.tenant = ifnull(s.tenant, 0)
JOIN temp.versions v ON v.channel = s.channel AND v.version = s.release
LEFT JOIN temp.versions l ON l.channel = s.channel AND l.version = s.lead_from
LEFT JOIN temp.versions r ON r.channel = s.channel AND r.version = s.recovered_release
ORDER BY s.completed, s.deployment;
DROP TABLE temp.steps;
DROP TABLE temp.versions;
DROP TABLE temp.stream_keys;
