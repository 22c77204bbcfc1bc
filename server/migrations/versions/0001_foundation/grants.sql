GRANT USAGE ON SCHEMA public TO promptops_app, promptops_ledger, promptops_system
--%
GRANT SELECT, INSERT, UPDATE, DELETE ON
  projects, environments, api_keys, providers, provider_credentials, prompts, prompt_versions,
  deployments
  TO promptops_app
--%
GRANT SELECT, INSERT ON releases, master_keys TO promptops_app
--%
GRANT SELECT, UPDATE ON revision TO promptops_app
--%
GRANT SELECT ON runs TO promptops_app
--%
GRANT INSERT ON runs TO promptops_ledger
--%
GRANT SELECT (id) ON runs TO promptops_ledger
--%
GRANT SELECT ON
  alembic_version, revision, master_keys, projects, environments, api_keys, providers, provider_credentials,
  prompts, prompt_versions, deployments
  TO promptops_system
--%
GRANT EXECUTE ON FUNCTION promptops_ensure_run_partitions(timestamptz, integer)
  TO promptops_system
