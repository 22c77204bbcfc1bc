-- Each index of runs costs every run that is written. What most rows of a table share (the API, prod,
-- success) is found fast without one, so those rows are left out where that can be said.
CREATE INDEX runs_key ON runs (project_id, api_key_id, id DESC) WHERE api_key_id IS NOT NULL
--%
CREATE INDEX runs_version ON runs (project_id, version_id, id DESC) WHERE version_id IS NOT NULL
--%
CREATE INDEX runs_model ON runs (project_id, model, id DESC) WHERE model IS NOT NULL
--%
CREATE INDEX runs_environment ON runs (project_id, environment, id DESC)
  WHERE environment <> 'prod'
--%
CREATE INDEX runs_source ON runs (project_id, source, id DESC) WHERE source <> 'api'
--%
CREATE INDEX runs_code ON runs (project_id, (error ->> 'code'), id DESC)
  WHERE status <> 'succeeded'
--%
ALTER TABLE run_feedback ADD COLUMN updated_at timestamptz
--%
CREATE INDEX run_feedback_rating ON run_feedback (project_id, rating, run_id DESC)
  WHERE rating IS NOT NULL
--%
CREATE INDEX run_feedback_score ON run_feedback (project_id, run_id DESC) WHERE score IS NOT NULL
--%
CREATE INDEX run_feedback_comment ON run_feedback (project_id, run_id DESC)
  WHERE comment IS NOT NULL
--%
-- How many runs took how long, by the steps of usage/hours/histogram.py: as vectors, whose sum is the
-- histogram of both. Null in hours that were summed before this revision.
ALTER TABLE usage_hours
  ADD COLUMN latency_histogram vector(64),
  ADD COLUMN first_token_histogram vector(64)
--%
-- When the ledger was last put in order.
ALTER TABLE usage_watermark ADD COLUMN swept_at timestamptz
--%
-- An archived project is there for administrators only: its keys and members find it no more.
ALTER TABLE projects ADD COLUMN archived_at timestamptz
--%
-- The sweeper says what it deleted.
GRANT INSERT ON audit_entries TO promptops_system
