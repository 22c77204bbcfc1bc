DROP TABLE runs, releases, deployments, prompt_versions, prompts, provider_credentials, providers,
  api_keys, environments, projects, master_keys, revision CASCADE
--%
DROP FUNCTION promptops_bump_revision, promptops_first_uuid_at, promptops_ensure_run_partitions,
  promptops_keep_published CASCADE
