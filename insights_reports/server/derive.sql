-- The stream values of every completed deployment, from releases, deployments, tasks and interruptions.
--
-- A stream is the deployments of one project, channel, environment and tenant, by completion. A
-- successful deployment is a task that ended in Success without a guided failure; a failed one ended in
-- Failed, or in Success with a guided failure; Canceled and TimedOut are neither and change nothing.
-- (https://octopus.com/docs/insights/metrics)

DROP TABLE IF EXISTS temp.steps;
CREATE TEMP TABLE steps (
  seq INTEGER PRIMARY KEY, deployment_id INTEGER, project_id INTEGER, channel_id INTEGER,
  environment_id INTEGER, tenant_id INTEGER, release_id INTEGER, completed INTEGER, state TEXT,
  guided INTEGER, outcome INTEGER
);
INSERT INTO temp.steps
SELECT row_number() OVER (
         ORDER BY d.project_id, d.channel_id, d.environment_id, d.tenant_id, t.completed, d.id),
       d.id, d.project_id, d.channel_id, d.environment_id, coalesce(d.tenant_id, 0), d.release_id,
       t.completed, t.state, g.task_id IS NOT NULL,
       CASE WHEN t.state = 'Failed' THEN 1
            WHEN t.state <> 'Success' THEN 3
            WHEN g.task_id IS NOT NULL THEN 2
            ELSE 0 END
FROM deployments d JOIN tasks t ON t.id = d.task_id
LEFT JOIN (SELECT DISTINCT task_id FROM interruptions WHERE type = 'GuidedFailure') g
  ON g.task_id = t.id
WHERE t.completed IS NOT NULL;

DELETE FROM facts;
INSERT INTO facts
WITH after_success AS (
  -- previous: the last successful deployment of the stream before this one
  SELECT *, max(seq) FILTER (WHERE outcome = 0) OVER (
              PARTITION BY project_id, channel_id, environment_id, tenant_id
              ORDER BY seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS previous
  FROM temp.steps
),
runs AS (
  -- first_failure, failures: of the run of failures between the previous success and this one
  SELECT *, min(seq) FILTER (WHERE outcome IN (1, 2)) OVER run AS first_failure,
         count(*) FILTER (WHERE outcome IN (1, 2)) OVER run AS failures
  FROM after_success
  WINDOW run AS (PARTITION BY project_id, channel_id, environment_id, tenant_id, previous
                 ORDER BY seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
successes AS (
  -- lead_release: the first release after the previously deployed one. A rollback or the same
  -- release again brings no new change; the first deployment of a stream counts from its own release.
  SELECT r.seq, r.previous, r.first_failure, nullif(r.failures, 0) AS failures,
         CASE WHEN p.seq IS NULL THEN r.release_id
              WHEN r.release_id > p.release_id THEN
                (SELECT min(n.id) FROM releases n
                 WHERE n.channel_id = r.channel_id AND n.id > p.release_id)
         END AS lead_release
  FROM runs r LEFT JOIN temp.steps p ON p.seq = r.previous
  WHERE r.outcome = 0
)
SELECT s.completed, s.deployment_id, s.project_id, s.channel_id, s.environment_id, s.tenant_id,
       s.release_id, s.state, s.guided, s.outcome,
       s.completed - l.assembled, l.id,
       s.completed - p.completed, p.deployment_id,
       s.completed - f.completed, x.failures, f.deployment_id, f.release_id
FROM temp.steps s
LEFT JOIN successes x ON x.seq = s.seq
LEFT JOIN temp.steps p ON p.seq = x.previous
LEFT JOIN temp.steps f ON f.seq = x.first_failure
LEFT JOIN releases l ON l.id = x.lead_release
ORDER BY s.completed, s.deployment_id;
DROP TABLE temp.steps;
