-- Executed at each start: databases that were made before there were subscriptions get them too.
-- `document` is the subscription as it was sent.
CREATE TABLE IF NOT EXISTS subscriptions (
  id INTEGER PRIMARY KEY AUTOINCREMENT, space_id INTEGER NOT NULL REFERENCES spaces,
  name TEXT NOT NULL, document TEXT NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS subscriptions_by_name
  ON subscriptions (space_id, name COLLATE NOCASE);
