ALTER TABLE runs
  ADD COLUMN content_hash bytea,
  ADD COLUMN overrides jsonb,
  ADD COLUMN input_messages jsonb,
  ADD COLUMN deltas jsonb
--%
CREATE INDEX runs_user ON runs (project_id, user_ref, id DESC) WHERE user_ref IS NOT NULL
--%
CREATE INDEX runs_session ON runs (project_id, session_ref, id DESC) WHERE session_ref IS NOT NULL
--%
CREATE INDEX runs_metadata ON runs USING gin (metadata jsonb_path_ops) WHERE metadata IS NOT NULL
--%
CREATE INDEX runs_not_succeeded ON runs (project_id, status, id DESC) WHERE status <> 'succeeded'
--%
-- Rows are written in the order in which runs end, so a block range index finds the newest.
CREATE INDEX runs_ended ON runs USING brin (ended_at) WITH (pages_per_range = 16)
--%
-- A unit of work that survives its process. `due_at` is when it may be claimed: at once while it is
-- queued, at the end of its lease while it runs. `fence` grows with every claim: only who holds the
-- newest may end it.
CREATE TABLE work (
  id uuid PRIMARY KEY,
  project_id uuid NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  kind text NOT NULL,
  state text NOT NULL CHECK (state IN ('queued', 'running', 'ended')),
  attempt integer NOT NULL DEFAULT 0,
  fence bigint NOT NULL DEFAULT 0,
  owner text,
  due_at timestamptz NOT NULL,
  cancel_requested_at timestamptz,
  payload jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  ended_at timestamptz
)
--%
CREATE INDEX work_due ON work (kind, due_at) WHERE state <> 'ended'
--%
CREATE INDEX work_ended ON work (ended_at) WHERE state = 'ended'
--%
CREATE TABLE idempotency_keys (
  project_id uuid NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  route text NOT NULL,
  key text NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
  fingerprint bytea NOT NULL CHECK (length(fingerprint) = 32),
  work_id uuid NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (project_id, route, key)
)
--%
CREATE INDEX idempotency_keys_expiry ON idempotency_keys (expires_at)
--%
CREATE TABLE run_feedback (
  id uuid PRIMARY KEY,
  project_id uuid NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  run_id uuid NOT NULL,
  rating text CHECK (rating IN ('up', 'down')),
  score double precision,
  comment text,
  author_kind text NOT NULL,
  author_id uuid NOT NULL,
  created_at timestamptz NOT NULL,
  CHECK (rating IS NOT NULL OR score IS NOT NULL OR comment IS NOT NULL)
)
--%
CREATE INDEX run_feedback_run ON run_feedback (run_id, id)
--%
CREATE TABLE run_settings (
  project_id uuid PRIMARY KEY REFERENCES projects (id) ON DELETE CASCADE,
  store text NOT NULL CHECK (store IN ('full', 'metadata')),
  retention_days integer CHECK (retention_days BETWEEN 1 AND 3650),
  updated_at timestamptz NOT NULL
)
--%
-- What ended runs used, an hour and a combination a row. Whole hours are written by the sweeper, some
-- time after they are over; what came since `usage_watermark.until` is read from the runs.
CREATE TABLE usage_hours (
  project_id uuid NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  hour timestamptz NOT NULL,
  prompt_id uuid,
  prompt_alias text,
  version_id uuid,
  version_num text,
  provider text,
  model text,
  api_key_id uuid,
  source text NOT NULL,
  environment text,
  runs bigint NOT NULL,
  failed bigint NOT NULL,
  cancelled bigint NOT NULL,
  input_tokens numeric NOT NULL,
  cached_input_tokens numeric NOT NULL,
  output_tokens numeric NOT NULL,
  reasoning_tokens numeric NOT NULL,
  cost_usd numeric NOT NULL,
  unpriced bigint NOT NULL,
  latency_ms numeric NOT NULL
)
--%
CREATE INDEX usage_hours_project ON usage_hours (project_id, hour)
--%
CREATE TABLE usage_watermark (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  until timestamptz NOT NULL
)
--%
INSERT INTO usage_watermark (until)
  SELECT date_trunc('hour', coalesce(min(ended_at), now())) FROM runs
--%
GRANT SELECT ON work, idempotency_keys, usage_hours, usage_watermark TO promptops_app
--%
GRANT SELECT, INSERT, UPDATE, DELETE ON run_settings, run_feedback TO promptops_app
--%
GRANT DELETE ON runs TO promptops_app
--%
GRANT UPDATE (cancel_requested_at) ON work TO promptops_app
--%
GRANT SELECT, INSERT, UPDATE ON work, idempotency_keys TO promptops_ledger
--%
GRANT SELECT, UPDATE, DELETE ON work TO promptops_system
--%
GRANT SELECT, DELETE ON idempotency_keys, run_feedback TO promptops_system
--%
GRANT SELECT, INSERT ON usage_hours TO promptops_system
--%
GRANT SELECT, UPDATE ON usage_watermark TO promptops_system
--%
GRANT SELECT, DELETE ON runs TO promptops_system
--%
GRANT SELECT ON run_settings TO promptops_system
