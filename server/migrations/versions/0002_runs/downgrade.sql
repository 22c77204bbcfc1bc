DROP TABLE usage_watermark, usage_hours, run_settings, run_feedback, idempotency_keys, work
--%
DROP INDEX runs_ended, runs_not_succeeded, runs_metadata, runs_session, runs_user
--%
ALTER TABLE runs
  DROP COLUMN content_hash, DROP COLUMN overrides, DROP COLUMN input_messages, DROP COLUMN deltas
