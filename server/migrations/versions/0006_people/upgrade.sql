-- What is released to a protected environment, an owner releases.
ALTER TABLE environments ADD COLUMN protected boolean NOT NULL DEFAULT false
--%
UPDATE environments SET protected = true WHERE name = 'prod'
--%
-- Of a password the Argon2id hash in its own text form, which names its parameters.
ALTER TABLE users
  ADD COLUMN password_hash text,
  ADD COLUMN password_set_at timestamptz,
  ADD COLUMN disabled_at timestamptz,
  ADD CONSTRAINT users_password_check CHECK ((password_hash IS NULL) = (password_set_at IS NULL))
--%
ALTER TABLE sign_in_links RENAME TO links
--%
ALTER TABLE links RENAME CONSTRAINT sign_in_links_token_key TO links_token_key
--%
ALTER INDEX sign_in_links_user RENAME TO links_user
--%
-- An invitation into a project names an address, every other link a person.
ALTER TABLE links
  ADD COLUMN kind text NOT NULL DEFAULT 'sign_in'
    CHECK (kind IN ('sign_in', 'invitation', 'password_reset')),
  ADD COLUMN project_id uuid REFERENCES projects (id) ON DELETE CASCADE,
  ADD COLUMN email text CHECK (email = lower(email)),
  ADD COLUMN role text CHECK (role IN ('owner', 'editor', 'runner', 'viewer')),
  ADD COLUMN created_by uuid REFERENCES users (id) ON DELETE SET NULL,
  ALTER COLUMN user_id DROP NOT NULL,
  ADD CONSTRAINT links_whom_check CHECK (
    (user_id IS NOT NULL AND project_id IS NULL AND email IS NULL AND role IS NULL)
    OR (kind = 'invitation' AND user_id IS NULL AND project_id IS NOT NULL
        AND email IS NOT NULL AND role IS NOT NULL))
--%
CREATE INDEX links_project ON links (project_id, id) WHERE project_id IS NOT NULL
--%
-- `user_id` is who is told, `about` the person that it is about.
CREATE TABLE notices (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  kind text NOT NULL CHECK (kind IN ('password_reset')),
  about uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  created_at timestamptz NOT NULL,
  dismissed_at timestamptz
)
--%
CREATE INDEX notices_open ON notices (user_id, id) WHERE dismissed_at IS NULL
--%
-- Who changed what, as plain values: an entry outlives whom and what it names.
CREATE TABLE audit_entries (
  id uuid PRIMARY KEY,
  project_id uuid,
  created_at timestamptz NOT NULL,
  action text NOT NULL,
  actor_kind text NOT NULL,
  actor_id uuid,
  target_kind text NOT NULL,
  target_id uuid,
  facts jsonb NOT NULL DEFAULT '{}'
)
--%
CREATE INDEX audit_entries_project ON audit_entries (project_id, id)
--%
GRANT SELECT, INSERT, UPDATE, DELETE ON notices TO promptops_app
--%
GRANT SELECT, INSERT ON audit_entries TO promptops_app
--%
-- What processes keep in memory of people is without their passwords.
REVOKE SELECT ON users FROM promptops_system
--%
GRANT SELECT (id, email, name, is_instance_admin, password_set_at, disabled_at)
  ON users TO promptops_system
