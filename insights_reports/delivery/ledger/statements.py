"""The longer statements of the ledger; named parameters, for SQLite and PostgreSQL alike."""

OF_KEY = (
    "subscription = :subscription AND period = :period AND revision = :revision "
    "AND destination = :destination AND recipient = :recipient"
)
OF_EDITION = "subscription = :subscription AND period = :period AND revision = :revision"

LATEST_EDITION = (
    "SELECT * FROM editions WHERE subscription = :subscription AND period = :period "
    "ORDER BY revision DESC LIMIT 1"
)
ENTER_EDITION = """
INSERT INTO editions
  (subscription, period, revision, digest, status, made_at, run_id, files, state, note)
VALUES (:subscription, :period, :revision, :digest, :status, :made_at, :run_id, :files, :state,
  :note)
ON CONFLICT (subscription, period, revision) DO UPDATE SET
  digest = excluded.digest, status = excluded.status, made_at = excluded.made_at,
  run_id = excluded.run_id, files = excluded.files, state = excluded.state, note = excluded.note"""
MAKE_EDITION = f"""
UPDATE editions SET status = :status, state = :state,
  files = CASE files WHEN '[]' THEN :files ELSE files END,
  note = CASE :note WHEN '' THEN note ELSE :note END
WHERE {OF_EDITION} AND digest = :digest"""
HOLD_EDITION = f"UPDATE editions SET run_id = :run_id, files = :files WHERE {OF_EDITION}"

OWE = """
INSERT INTO deliveries (subscription, period, revision, destination, recipient,
  state, planned_at, at, attempts, reference, sha256, detail, on_unknown)
VALUES (:subscription, :period, :revision, :destination, :recipient,
  :state, :now, :now, 0, :reference, :sha256, :detail, :on_unknown)
ON CONFLICT (subscription, period, revision, destination, recipient)
DO UPDATE SET on_unknown = CASE deliveries.state WHEN 'unknown' THEN deliveries.on_unknown
  ELSE excluded.on_unknown END"""
EARLIER = (
    "SELECT * FROM deliveries WHERE subscription = :subscription AND period = :period "
    "AND revision < :revision AND destination = :destination AND recipient = :recipient"
)
# Only the row that was looked at a moment ago: whoever was faster has changed its attempts, its
# state or its holder. No lock and no level of isolation matters then.
CLAIM = f"""
UPDATE deliveries SET state = 'sending', at = :now, attempts = attempts + 1, holder = :holder,
  lease_until = :until, next_try = NULL
WHERE {OF_KEY} AND attempts = :attempts AND state = :state AND coalesce(holder, '') = :held"""
KEEP_MESSAGE = """
INSERT INTO messages (subscription, period, revision, destination, recipient, content)
VALUES (:subscription, :period, :revision, :destination, :recipient, :content)
ON CONFLICT (subscription, period, revision, destination, recipient)
DO UPDATE SET content = excluded.content"""
SETTLE = (
    "state = :state, at = :now, detail = :detail, next_try = :next_try, holder = NULL, "
    "lease_until = NULL, reference = coalesce(:reference, reference), "
    "sha256 = coalesce(:sha256, sha256)"
)
REOPEN = f"""
UPDATE deliveries SET state = 'planned', at = :now, reference = coalesce(:reference, reference)
WHERE {OF_KEY} AND (state IN ('refused', 'withheld') OR state = 'unknown' AND holder IS NULL
  OR state = 'sent' AND :sent = 1) AND NOT EXISTS (
  SELECT 1 FROM deliveries later WHERE later.subscription = deliveries.subscription
  AND later.period = deliveries.period AND later.revision > deliveries.revision)"""
