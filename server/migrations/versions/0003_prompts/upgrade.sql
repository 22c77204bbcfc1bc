ALTER TABLE prompts
  ADD COLUMN description text CHECK (length(description) <= 2000),
  ADD COLUMN tags text[] NOT NULL DEFAULT '{}' CHECK (cardinality(tags) <= 20)
--%
-- Folders are the beginning of a name: these operators let LIKE 'folder/%' use the index.
CREATE INDEX prompts_name ON prompts (project_id, name text_pattern_ops)
--%
CREATE INDEX prompts_tags ON prompts USING gin (tags)
--%
-- Every alias that a prompt answers to. renamed_at is set on those that it had before; the primary
-- key keeps aliases unique across current, former and archived ones.
CREATE TABLE prompt_aliases (
  project_id uuid NOT NULL,
  alias text NOT NULL CHECK (alias ~ '^[a-z0-9][a-z0-9_-]{0,99}$'),
  prompt_id uuid NOT NULL,
  renamed_at timestamptz,
  CONSTRAINT prompt_aliases_pkey PRIMARY KEY (project_id, alias),
  CONSTRAINT prompt_aliases_prompt_fkey FOREIGN KEY (project_id, prompt_id)
    REFERENCES prompts (project_id, id) ON DELETE CASCADE
)
--%
CREATE INDEX prompt_aliases_prompt ON prompt_aliases (project_id, prompt_id)
--%
INSERT INTO prompt_aliases (project_id, alias, prompt_id) SELECT project_id, alias, id FROM prompts
--%
-- source_template is what was written, where compiled_template is that with its snippets in it.
-- json instead of jsonb keeps the order of a schema's properties, in which a model fills them in.
ALTER TABLE prompt_versions
  ADD COLUMN source_template text,
  ADD COLUMN snippets_json jsonb NOT NULL DEFAULT '[]',
  ADD COLUMN deprecated_at timestamptz,
  ALTER COLUMN config_json TYPE json
--%
CREATE INDEX prompt_versions_published ON prompt_versions (prompt_id, id DESC)
  WHERE status <> 'Draft'
--%
-- The content of a draft that ran, by its hash: what the ledger's rows of that run name.
CREATE TABLE prompt_snapshots (
  project_id uuid NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  content_hash bytea NOT NULL CHECK (length(content_hash) = 32),
  kind text NOT NULL CHECK (kind IN ('text', 'chat')),
  compiled_template text NOT NULL,
  structure_json jsonb,
  config_json json NOT NULL,
  variables_json jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  CONSTRAINT prompt_snapshots_pkey PRIMARY KEY (project_id, content_hash)
)
--%
GRANT SELECT, INSERT, UPDATE, DELETE ON prompt_aliases TO promptops_app
--%
GRANT SELECT ON prompt_snapshots TO promptops_app
--%
GRANT SELECT ON prompt_aliases TO promptops_system
--%
GRANT SELECT, INSERT ON prompt_snapshots TO promptops_system
--%
-- As before, for the type json, which has no equality, and with the new columns.
CREATE OR REPLACE FUNCTION promptops_keep_published() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.status <> 'Draft' AND (
       NEW.status = 'Draft'
       OR (NEW.id, NEW.project_id, NEW.prompt_id, NEW.version_num, NEW.kind, NEW.content_hash,
           NEW.compiled_template, NEW.source_template, NEW.structure_json, NEW.config_json::text,
           NEW.snippets_json, NEW.published_at)
         IS DISTINCT FROM
          (OLD.id, OLD.project_id, OLD.prompt_id, OLD.version_num, OLD.kind, OLD.content_hash,
           OLD.compiled_template, OLD.source_template, OLD.structure_json, OLD.config_json::text,
           OLD.snippets_json, OLD.published_at)) THEN
    RAISE EXCEPTION 'a published version is immutable' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END
$$
