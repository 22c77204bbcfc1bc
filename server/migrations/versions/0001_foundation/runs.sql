-- Insert-only, one row an ended run. Partitioned on the id: a UUIDv7 begins with its time, so the
-- primary key is unique over all partitions and a look-up by id touches one.
CREATE TABLE runs (
  id uuid PRIMARY KEY,
  project_id uuid NOT NULL,
  source text NOT NULL,
  status text NOT NULL CHECK (status IN ('succeeded', 'failed', 'cancelled')),
  prompt_id uuid,
  prompt_alias text,
  version_id uuid,
  version_num text,
  environment text,
  api_key_id uuid,
  provider_id uuid,
  provider text,
  model text,
  parameters jsonb,
  variables jsonb,
  messages jsonb,
  output text,
  tool_calls jsonb,
  finish_reason text,
  attempts jsonb NOT NULL,
  input_tokens integer,
  cached_input_tokens integer,
  output_tokens integer,
  reasoning_tokens integer,
  cost_usd numeric,
  error jsonb,
  user_ref text,
  session_ref text,
  metadata jsonb,
  request_id text NOT NULL,
  started_at timestamptz NOT NULL,
  first_token_at timestamptz,
  ended_at timestamptz NOT NULL
) PARTITION BY RANGE (id)
--%
CREATE TABLE runs_default PARTITION OF runs DEFAULT
--%
CREATE INDEX runs_project ON runs (project_id, id DESC)
--%
CREATE INDEX runs_prompt ON runs (project_id, prompt_id, id DESC)
