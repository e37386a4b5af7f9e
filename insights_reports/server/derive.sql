-- The stream values of every completed deployment, from releases, deployments, tasks and interruptions.
--
-- A stream is the deployments of one project, channel, environment and tenant, by completion. A
-- successful deployment is a task that ended in Success without a guided failure; a failed one ended in
-- Failed, or in Success with a guided failure; Canceled and TimedOut are neither and change nothing.
-- (https://octopus.com/docs/insights/metrics)
--
-- temp.places has the order of the releases (release_order.py).

DELETE FROM streams;
INSERT INTO streams (project_id, channel_id, environment_id, tenant_id)
SELECT DISTINCT project_id, channel_id, environment_id, coalesce(tenant_id, 0) FROM deployments
ORDER BY 1, 2, 3, 4;
DROP TABLE IF EXISTS temp.stream_keys;
CREATE TEMP TABLE stream_keys (
  project_id INTEGER, channel_id INTEGER, environment_id INTEGER, tenant_id INTEGER, id INTEGER,
  PRIMARY KEY (project_id, channel_id, environment_id, tenant_id)
) WITHOUT ROWID;
INSERT INTO temp.stream_keys
SELECT project_id, channel_id, environment_id, tenant_id, id FROM streams;

-- The completed deployments, stream after stream, each by completion.
DROP TABLE IF EXISTS temp.steps;
CREATE TEMP TABLE steps (
  seq INTEGER PRIMARY KEY, stream_id INTEGER, channel_id INTEGER, deployment_id INTEGER,
  release_id INTEGER, place INTEGER, completed INTEGER, state TEXT, guided INTEGER, outcome INTEGER
);
INSERT INTO temp.steps
SELECT NULL, s.id, d.channel_id, d.id, d.release_id, o.place, t.completed, t.state, g.task_id IS NOT NULL,
       CASE WHEN t.state = 'Failed' THEN 1
            WHEN t.state <> 'Success' THEN 3
            WHEN g.task_id IS NOT NULL THEN 2
            ELSE 0 END
FROM deployments d JOIN tasks t ON t.id = d.task_id JOIN temp.places o ON o.id = d.release_id
JOIN temp.stream_keys s
  ON (s.project_id, s.channel_id, s.environment_id, s.tenant_id)
     = (d.project_id, d.channel_id, d.environment_id, coalesce(d.tenant_id, 0))
LEFT JOIN (SELECT DISTINCT task_id FROM interruptions WHERE type = 'GuidedFailure') g
  ON g.task_id = t.id
WHERE t.completed IS NOT NULL
ORDER BY s.id, t.completed, d.id;

DELETE FROM facts;
INSERT INTO facts
WITH after_success AS (
  -- previous: the last successful deployment of the stream before this one
  SELECT *, max(seq) FILTER (WHERE outcome = 0) OVER (
              PARTITION BY stream_id
              ORDER BY seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS previous
  FROM temp.steps
),
runs AS (
  -- first_failure, failures: of the run of failures between the previous success and this one
  SELECT *, min(seq) FILTER (WHERE outcome IN (1, 2)) OVER run AS first_failure,
         count(*) FILTER (WHERE outcome IN (1, 2)) OVER run AS failures
  FROM after_success
  WINDOW run AS (PARTITION BY stream_id, previous
                 ORDER BY seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
measured AS (
  -- lead_release: the first release after the previously deployed one. A rollback or the same
  -- release again brings no new change; the first deployment of a stream counts from its own release.
  SELECT r.*, r.outcome = 0 AS succeeded, nullif(r.failures, 0) AS attempts,
         CASE WHEN r.outcome <> 0 THEN NULL
              WHEN p.seq IS NULL THEN r.release_id
              WHEN r.place > p.place THEN
                (SELECT n.id FROM temp.places n
                 WHERE n.channel_id = r.channel_id AND n.place > p.place ORDER BY n.place LIMIT 1)
         END AS lead_release
  FROM runs r LEFT JOIN temp.steps p ON p.seq = r.previous
)
SELECT m.completed, m.deployment_id, m.stream_id, m.release_id, m.state, m.guided, m.outcome,
       m.completed - l.assembled, l.id,
       m.completed - p.completed, p.deployment_id,
       m.completed - f.completed, iif(m.succeeded, m.attempts, NULL), f.deployment_id, f.release_id
FROM measured m
LEFT JOIN releases l ON l.id = m.lead_release
LEFT JOIN temp.steps p ON m.succeeded AND p.seq = m.previous
LEFT JOIN temp.steps f ON m.succeeded AND f.seq = m.first_failure
ORDER BY m.completed, m.deployment_id;
DROP TABLE temp.steps;
DROP TABLE temp.stream_keys;
DROP TABLE temp.places;
