CREATE EXTENSION IF NOT EXISTS vector
--%
CREATE TABLE revision (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  number bigint NOT NULL DEFAULT 0
)
--%
INSERT INTO revision DEFAULT VALUES
--%
-- A key-encryption key is known by its id; check_value is a sealed constant that only it opens.
CREATE TABLE master_keys (
  id text PRIMARY KEY,
  check_value bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
)
--%
CREATE TABLE projects (
  id uuid PRIMARY KEY,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 255),
  slug text NOT NULL CHECK (slug ~ '^[a-z0-9][a-z0-9_-]{0,99}$'),
  created_at timestamptz NOT NULL,
  CONSTRAINT projects_slug_key UNIQUE (slug)
)
--%
CREATE TABLE environments (
  id uuid PRIMARY KEY,
  project_id uuid NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  name text NOT NULL CHECK (name ~ '^[a-z0-9][a-z0-9_-]{0,49}$'),
  created_at timestamptz NOT NULL,
  CONSTRAINT environments_name_key UNIQUE (project_id, name)
)
--%
CREATE TABLE api_keys (
  id uuid PRIMARY KEY,
  project_id uuid NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 255),
  prefix text NOT NULL,
  last4 text NOT NULL,
  secret_sha256 bytea NOT NULL CHECK (length(secret_sha256) = 32),
  scopes text[] NOT NULL,
  requests_per_minute integer NOT NULL CHECK (requests_per_minute > 0),
  burst integer NOT NULL CHECK (burst > 0),
  expires_at timestamptz,
  revoked_at timestamptz,
  created_by_kind text NOT NULL,
  created_by uuid,
  created_at timestamptz NOT NULL,
  CONSTRAINT api_keys_secret_key UNIQUE (secret_sha256),
  CONSTRAINT api_keys_project_key UNIQUE (project_id, id)
)
--%
CREATE TABLE providers (
  id uuid PRIMARY KEY,
  project_id uuid NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  name text NOT NULL CHECK (name ~ '^[a-z0-9][a-z0-9_-]{0,99}$'),
  kind text NOT NULL,
  base_url text,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  CONSTRAINT providers_name_key UNIQUE (project_id, name),
  CONSTRAINT providers_project_key UNIQUE (project_id, id)
)
--%
CREATE TABLE provider_credentials (
  id uuid PRIMARY KEY,
  project_id uuid NOT NULL,
  provider_id uuid NOT NULL,
  origin text NOT NULL,
  master_key_id text NOT NULL,
  sealed bytea NOT NULL,
  hints jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  CONSTRAINT provider_credentials_provider_key UNIQUE (provider_id),
  CONSTRAINT provider_credentials_provider_fkey FOREIGN KEY (project_id, provider_id)
    REFERENCES providers (project_id, id) ON DELETE CASCADE
)
--%
CREATE TABLE prompts (
  id uuid PRIMARY KEY,
  project_id uuid NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 255),
  alias text NOT NULL CHECK (alias ~ '^[a-z0-9][a-z0-9_-]{0,99}$'),
  archived_at timestamptz,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  CONSTRAINT prompts_alias_key UNIQUE (project_id, alias),
  CONSTRAINT prompts_project_key UNIQUE (project_id, id)
)
--%
CREATE TABLE prompt_versions (
  id uuid PRIMARY KEY,
  project_id uuid NOT NULL,
  prompt_id uuid NOT NULL,
  version_num text,
  status text NOT NULL CHECK (status IN ('Draft', 'Published', 'Deprecated')),
  kind text NOT NULL CHECK (kind IN ('text', 'chat')),
  structure_json jsonb,
  compiled_template text NOT NULL,
  config_json jsonb NOT NULL,
  variables_json jsonb NOT NULL,
  content_hash bytea NOT NULL CHECK (length(content_hash) = 32),
  message text,
  author_kind text NOT NULL,
  author_id uuid NOT NULL,
  edit integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  published_at timestamptz,
  CONSTRAINT prompt_versions_prompt_fkey FOREIGN KEY (project_id, prompt_id)
    REFERENCES prompts (project_id, id) ON DELETE CASCADE,
  CONSTRAINT prompt_versions_number_key UNIQUE (prompt_id, version_num),
  CONSTRAINT prompt_versions_project_key UNIQUE (project_id, prompt_id, id),
  CONSTRAINT prompt_versions_number_check CHECK ((status = 'Draft') = (version_num IS NULL))
)
--%
CREATE UNIQUE INDEX prompt_versions_one_draft ON prompt_versions (prompt_id, author_id)
  WHERE status = 'Draft'
--%
CREATE UNIQUE INDEX prompt_versions_content ON prompt_versions (prompt_id, content_hash)
  WHERE status <> 'Draft'
--%
CREATE TABLE deployments (
  id uuid PRIMARY KEY,
  project_id uuid NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  subject_kind text NOT NULL CHECK (subject_kind IN ('prompt', 'flow')),
  subject_id uuid NOT NULL,
  environment text NOT NULL,
  active_version_id uuid NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  CONSTRAINT deployments_subject_key
    UNIQUE (project_id, subject_kind, subject_id, environment),
  CONSTRAINT deployments_project_key UNIQUE (project_id, id),
  CONSTRAINT deployments_environment_fkey FOREIGN KEY (project_id, environment)
    REFERENCES environments (project_id, name)
)
--%
CREATE TABLE releases (
  id uuid PRIMARY KEY,
  project_id uuid NOT NULL,
  deployment_id uuid NOT NULL,
  from_version_id uuid,
  to_version_id uuid NOT NULL,
  actor_kind text NOT NULL,
  actor_id uuid,
  actor_name text NOT NULL,
  reason text,
  created_at timestamptz NOT NULL,
  CONSTRAINT releases_deployment_fkey FOREIGN KEY (project_id, deployment_id)
    REFERENCES deployments (project_id, id) ON DELETE CASCADE
)
--%
CREATE INDEX releases_deployment ON releases (deployment_id, id DESC)
