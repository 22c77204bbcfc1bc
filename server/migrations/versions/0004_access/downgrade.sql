DROP TABLE sign_in_links, sessions, memberships, users
--%
ALTER TABLE deployments DROP COLUMN release_id
--%
ALTER TABLE releases DROP COLUMN returns_to, DROP COLUMN kind
--%
ALTER TABLE environments DROP COLUMN required_checks
--%
REVOKE UPDATE (last_used_at) ON api_keys FROM promptops_system
--%
ALTER TABLE api_keys
  DROP COLUMN last_used_at, DROP COLUMN previous_until, DROP COLUMN previous_sha256,
  DROP COLUMN allowed_environments, DROP COLUMN allowed_flows, DROP COLUMN allowed_prompts,
  DROP COLUMN concurrent_runs, DROP COLUMN tokens_per_minute
