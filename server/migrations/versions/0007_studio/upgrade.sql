-- The numbered version that a draft began from; null on a version, and where it began from none.
ALTER TABLE prompt_versions ADD COLUMN base_version text
--%
-- A draft made before this revision: the newest version that was there when it was last saved.
UPDATE prompt_versions AS draft SET base_version = (
  SELECT newest.version_num FROM prompt_versions AS newest
  WHERE newest.prompt_id = draft.prompt_id AND newest.status <> 'Draft'
    AND newest.published_at <= draft.updated_at
  ORDER BY newest.id DESC LIMIT 1
) WHERE draft.status = 'Draft'
--%
-- Named values of a prompt's variables. json instead of jsonb keeps numbers and the order of keys.
CREATE TABLE prompt_samples (
  id uuid PRIMARY KEY,
  project_id uuid NOT NULL,
  prompt_id uuid NOT NULL,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 255),
  values_json json NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  CONSTRAINT prompt_samples_prompt_fkey FOREIGN KEY (project_id, prompt_id)
    REFERENCES prompts (project_id, id) ON DELETE CASCADE,
  CONSTRAINT prompt_samples_name_key UNIQUE (prompt_id, name)
)
--%
-- When the last run of the hour ended; null in hours that were summed before this revision.
ALTER TABLE usage_hours ADD COLUMN last_run_at timestamptz
--%
GRANT SELECT, INSERT, UPDATE, DELETE ON prompt_samples TO promptops_app
