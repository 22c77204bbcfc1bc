CREATE OR REPLACE FUNCTION promptops_keep_published() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.status <> 'Draft' AND (
       NEW.status = 'Draft'
       OR (NEW.id, NEW.project_id, NEW.prompt_id, NEW.version_num, NEW.kind, NEW.content_hash,
           NEW.compiled_template, NEW.published_at)
         IS DISTINCT FROM
          (OLD.id, OLD.project_id, OLD.prompt_id, OLD.version_num, OLD.kind, OLD.content_hash,
           OLD.compiled_template, OLD.published_at)
       OR NEW.structure_json IS DISTINCT FROM OLD.structure_json
       OR NEW.config_json IS DISTINCT FROM OLD.config_json) THEN
    RAISE EXCEPTION 'a published version is immutable' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END
$$
--%
DROP TABLE prompt_snapshots
--%
DROP INDEX prompt_versions_published
--%
ALTER TABLE prompt_versions
  DROP COLUMN source_template,
  DROP COLUMN snippets_json,
  DROP COLUMN deprecated_at,
  ALTER COLUMN config_json TYPE jsonb
--%
DROP TABLE prompt_aliases
--%
DROP INDEX prompts_tags
--%
DROP INDEX prompts_name
--%
ALTER TABLE prompts DROP COLUMN tags, DROP COLUMN description
