ALTER TABLE usage_hours DROP COLUMN last_run_at
--%
DROP TABLE prompt_samples
--%
ALTER TABLE prompt_versions DROP COLUMN base_version
