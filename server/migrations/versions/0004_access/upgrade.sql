-- An allow-list holds ids, so that a renamed prompt stays allowed; null is everything.
ALTER TABLE api_keys
  ADD COLUMN tokens_per_minute bigint CHECK (tokens_per_minute > 0),
  ADD COLUMN concurrent_runs integer CHECK (concurrent_runs > 0),
  ADD COLUMN allowed_prompts uuid[],
  ADD COLUMN allowed_flows uuid[],
  ADD COLUMN allowed_environments text[],
  ADD COLUMN previous_sha256 bytea CHECK (length(previous_sha256) = 32),
  ADD COLUMN previous_until timestamptz,
  ADD COLUMN last_used_at timestamptz,
  ADD CONSTRAINT api_keys_previous_key UNIQUE (previous_sha256),
  ADD CONSTRAINT api_keys_previous_check
    CHECK ((previous_sha256 IS NULL) = (previous_until IS NULL))
--%
ALTER TABLE environments ADD COLUMN required_checks text[] NOT NULL DEFAULT '{}'
--%
-- `returns_to` is the release that a rollback from this one goes back to.
ALTER TABLE releases
  ADD COLUMN kind text NOT NULL DEFAULT 'deploy' CHECK (kind IN ('deploy', 'promote', 'rollback')),
  ADD COLUMN returns_to uuid REFERENCES releases (id) ON DELETE CASCADE
--%
UPDATE releases SET returns_to = before.id
  FROM (SELECT id AS release_id, lag(id) OVER (PARTITION BY deployment_id ORDER BY id) AS id
        FROM releases) AS before
  WHERE releases.id = before.release_id
--%
-- The release that serves now. Ids of two processes do not tell which of two releases was first.
ALTER TABLE deployments ADD COLUMN release_id uuid
--%
UPDATE deployments SET release_id =
  (SELECT max(id::text)::uuid FROM releases WHERE releases.deployment_id = deployments.id)
--%
ALTER TABLE deployments ALTER COLUMN release_id SET NOT NULL
--%
CREATE TABLE users (
  id uuid PRIMARY KEY,
  email text CHECK (email = lower(email)),
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 255),
  is_instance_admin boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL,
  signed_in_at timestamptz,
  CONSTRAINT users_email_key UNIQUE (email)
)
--%
CREATE TABLE memberships (
  project_id uuid NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  role text NOT NULL CHECK (role IN ('owner', 'editor', 'runner', 'viewer')),
  created_at timestamptz NOT NULL,
  PRIMARY KEY (project_id, user_id)
)
--%
CREATE INDEX memberships_user ON memberships (user_id)
--%
CREATE TABLE sessions (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  token_sha256 bytea NOT NULL CHECK (length(token_sha256) = 32),
  created_at timestamptz NOT NULL,
  last_used_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  revoked_at timestamptz,
  CONSTRAINT sessions_token_key UNIQUE (token_sha256)
)
--%
CREATE INDEX sessions_user ON sessions (user_id)
--%
CREATE TABLE sign_in_links (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  token_sha256 bytea NOT NULL CHECK (length(token_sha256) = 32),
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  used_at timestamptz,
  CONSTRAINT sign_in_links_token_key UNIQUE (token_sha256)
)
--%
CREATE INDEX sign_in_links_user ON sign_in_links (user_id)
--%
GRANT SELECT, INSERT, UPDATE, DELETE ON users, memberships, sessions, sign_in_links
  TO promptops_app
--%
GRANT SELECT ON users, memberships, sessions TO promptops_system
--%
GRANT UPDATE (last_used_at) ON api_keys, sessions TO promptops_system
