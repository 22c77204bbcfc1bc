-- What a project says that a model costs, in US dollars a million tokens, from a moment on. It
-- follows its provider to another name, and goes with it.
CREATE TABLE model_prices (
  id uuid PRIMARY KEY,
  project_id uuid NOT NULL,
  provider text NOT NULL,
  model text NOT NULL CHECK (length(model) BETWEEN 1 AND 256),
  starts_at timestamptz NOT NULL,
  input numeric CHECK (input >= 0),
  cached_input numeric CHECK (cached_input >= 0),
  output numeric CHECK (output >= 0),
  reasoning numeric CHECK (reasoning >= 0),
  created_at timestamptz NOT NULL,
  CONSTRAINT model_prices_moment_key UNIQUE (project_id, provider, model, starts_at),
  CONSTRAINT model_prices_known_check CHECK (
    (input IS NULL) = (output IS NULL)
    AND (input IS NOT NULL OR (cached_input IS NULL AND reasoning IS NULL))
  ),
  CONSTRAINT model_prices_provider_fkey FOREIGN KEY (project_id, provider)
    REFERENCES providers (project_id, name) ON UPDATE CASCADE ON DELETE CASCADE
)
--%
CREATE INDEX model_prices_page ON model_prices (project_id, id)
--%
GRANT SELECT, INSERT, UPDATE, DELETE ON model_prices TO promptops_app
--%
GRANT SELECT ON model_prices TO promptops_system
