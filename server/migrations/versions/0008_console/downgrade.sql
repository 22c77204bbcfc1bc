REVOKE INSERT ON audit_entries FROM promptops_system
--%
ALTER TABLE projects DROP COLUMN archived_at
--%
ALTER TABLE usage_watermark DROP COLUMN swept_at
--%
ALTER TABLE usage_hours DROP COLUMN latency_histogram, DROP COLUMN first_token_histogram
--%
DROP INDEX run_feedback_rating, run_feedback_score, run_feedback_comment
--%
ALTER TABLE run_feedback DROP COLUMN updated_at
--%
DROP INDEX runs_key, runs_version, runs_model, runs_environment, runs_source, runs_code
