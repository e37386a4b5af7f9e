-- Instants and durations are whole ticks of 100 ns; instants count from 1970-01-01 UTC.
-- The number in an id such as Projects-7 is the key of its row;
-- tenant 0 of a stream means untenanted.

CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE spaces (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, slug TEXT NOT NULL, description TEXT NOT NULL,
  is_default INTEGER NOT NULL
);
CREATE TABLE project_groups (
  id INTEGER PRIMARY KEY, space_id INTEGER NOT NULL REFERENCES spaces,
  name TEXT NOT NULL, slug TEXT NOT NULL, description TEXT
);
CREATE TABLE projects (
  id INTEGER PRIMARY KEY, space_id INTEGER NOT NULL REFERENCES spaces,
  project_group_id INTEGER NOT NULL REFERENCES project_groups,
  name TEXT NOT NULL, slug TEXT NOT NULL, description TEXT NOT NULL,
  tenanted_deployment_mode TEXT NOT NULL
);
CREATE TABLE environments (
  id INTEGER PRIMARY KEY, space_id INTEGER NOT NULL REFERENCES spaces,
  name TEXT NOT NULL, slug TEXT NOT NULL, description TEXT NOT NULL, sort_order INTEGER NOT NULL
);
CREATE TABLE tag_sets (
  id INTEGER PRIMARY KEY, space_id INTEGER NOT NULL REFERENCES spaces,
  name TEXT NOT NULL, description TEXT NOT NULL, sort_order INTEGER NOT NULL
);
CREATE TABLE tags (
  id INTEGER PRIMARY KEY, tag_set_id INTEGER NOT NULL REFERENCES tag_sets,
  name TEXT NOT NULL, color TEXT NOT NULL, sort_order INTEGER NOT NULL
);
CREATE TABLE tenants (
  id INTEGER PRIMARY KEY, space_id INTEGER NOT NULL REFERENCES spaces,
  name TEXT NOT NULL, slug TEXT NOT NULL, description TEXT
);
CREATE TABLE tenant_tags (
  tenant_id INTEGER NOT NULL REFERENCES tenants, tag_id INTEGER NOT NULL REFERENCES tags,
  PRIMARY KEY (tenant_id, tag_id)
) WITHOUT ROWID;
CREATE TABLE tenant_projects (
  tenant_id INTEGER NOT NULL REFERENCES tenants, project_id INTEGER NOT NULL REFERENCES projects,
  environment_id INTEGER NOT NULL REFERENCES environments,
  PRIMARY KEY (tenant_id, project_id, environment_id)
) WITHOUT ROWID;
CREATE TABLE channels (
  id INTEGER PRIMARY KEY, space_id INTEGER NOT NULL REFERENCES spaces,
  project_id INTEGER NOT NULL REFERENCES projects,
  name TEXT NOT NULL, slug TEXT NOT NULL, description TEXT NOT NULL, is_default INTEGER NOT NULL
);

-- Releases are numbered in the order in which they were created. `assembled` can be edited later.
CREATE TABLE releases (
  id INTEGER PRIMARY KEY, space_id INTEGER NOT NULL REFERENCES spaces,
  project_id INTEGER NOT NULL REFERENCES projects, channel_id INTEGER NOT NULL REFERENCES channels,
  version TEXT NOT NULL, assembled INTEGER NOT NULL
);
CREATE INDEX releases_of_channel ON releases (channel_id, id);
CREATE TABLE tasks (
  id INTEGER PRIMARY KEY, space_id INTEGER NOT NULL REFERENCES spaces,
  description TEXT NOT NULL, state TEXT NOT NULL,
  queued INTEGER NOT NULL, started INTEGER, completed INTEGER
);
CREATE INDEX tasks_by_completion ON tasks (completed);
CREATE TABLE deployments (
  id INTEGER PRIMARY KEY, space_id INTEGER NOT NULL REFERENCES spaces,
  project_id INTEGER NOT NULL REFERENCES projects, channel_id INTEGER NOT NULL REFERENCES channels,
  environment_id INTEGER NOT NULL REFERENCES environments, tenant_id INTEGER REFERENCES tenants,
  release_id INTEGER NOT NULL REFERENCES releases, task_id INTEGER NOT NULL REFERENCES tasks,
  created INTEGER NOT NULL
);
CREATE INDEX deployments_of_task ON deployments (task_id);
CREATE TABLE interruptions (
  id INTEGER PRIMARY KEY, space_id INTEGER NOT NULL REFERENCES spaces,
  task_id INTEGER NOT NULL REFERENCES tasks,
  type TEXT NOT NULL, title TEXT NOT NULL, created INTEGER NOT NULL
);
CREATE INDEX interruptions_of_task ON interruptions (task_id);

-- `document` is the report as it was sent, with the fields that this server does not know.
CREATE TABLE reports (
  id INTEGER PRIMARY KEY AUTOINCREMENT, space_id INTEGER NOT NULL REFERENCES spaces,
  name TEXT NOT NULL, document TEXT NOT NULL
);
CREATE UNIQUE INDEX reports_by_name ON reports (space_id, name COLLATE NOCASE);
-- Images that were uploaded; a report without one shows its icon.
CREATE TABLE logos (
  report_id INTEGER PRIMARY KEY REFERENCES reports ON DELETE CASCADE,
  media_type TEXT NOT NULL, content BLOB NOT NULL
);

-- When nothing may be deployed. `scope`: a JSON object, environment ids by project id.
CREATE TABLE freezes (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, description TEXT NOT NULL,
  start INTEGER NOT NULL, stop INTEGER NOT NULL, scope TEXT NOT NULL
);

CREATE TABLE users (
  id INTEGER PRIMARY KEY, username TEXT NOT NULL UNIQUE, display_name TEXT NOT NULL,
  email TEXT NOT NULL, is_service INTEGER NOT NULL, is_restricted INTEGER NOT NULL
);
-- What a restricted user may not view. `omits_deployments`: nor its deployments.
CREATE TABLE restrictions (
  user_id INTEGER NOT NULL REFERENCES users, document_id TEXT NOT NULL,
  omits_deployments INTEGER NOT NULL, PRIMARY KEY (user_id, document_id)
) WITHOUT ROWID;

-- A stream is the deployments of one project, channel, environment and tenant; streams are numbered
-- in that order.
CREATE TABLE streams (
  id INTEGER PRIMARY KEY, project_id INTEGER NOT NULL, channel_id INTEGER NOT NULL,
  environment_id INTEGER NOT NULL, tenant_id INTEGER NOT NULL
);

-- One row for each completed deployment with its stream values, derived by derive.sql.
-- outcome: 0 successful, 1 failed, 2 successful but had a guided failure, 3 neither.
CREATE TABLE facts (
  completed INTEGER NOT NULL, deployment_id INTEGER NOT NULL, stream_id INTEGER NOT NULL,
  release_id INTEGER NOT NULL, state TEXT NOT NULL, guided INTEGER NOT NULL,
  outcome INTEGER NOT NULL,
  lead_time INTEGER, lead_time_release_id INTEGER,
  since_previous INTEGER, previous_id INTEGER,
  recovery INTEGER, attempts INTEGER, recovered_id INTEGER, recovered_release_id INTEGER,
  PRIMARY KEY (completed, deployment_id)
) WITHOUT ROWID;
CREATE INDEX facts_of_stream ON facts (stream_id, completed, deployment_id);

-- `facts` by columns, as `columns.py` reads them: raw arrays in the order of the key.
CREATE TABLE columns (name TEXT PRIMARY KEY, dtype TEXT NOT NULL, content BLOB NOT NULL);
-- What `columns` was made from, and how often `facts` changed since (see changes.sql).
CREATE TABLE facts_state (digest TEXT NOT NULL, changes INTEGER NOT NULL);
