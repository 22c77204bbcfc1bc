-- Tells every process that something it may hold in memory has changed. Called once, as the last
-- statement of a transaction, so that the row is locked only while that transaction commits.
CREATE FUNCTION promptops_bump_revision() RETURNS void
LANGUAGE sql AS $$
  UPDATE revision SET number = number + 1;
  SELECT pg_notify('promptops_revision', '');
$$
--%
-- The smallest UUID whose first 48 bits, the time of a UUIDv7, are this moment.
CREATE FUNCTION promptops_first_uuid_at(moment timestamptz) RETURNS uuid
LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT (lpad(to_hex((extract(epoch FROM moment) * 1000)::bigint), 12, '0')
          || repeat('0', 20))::uuid
$$
--%
-- Makes the partition of runs for each month from `moment`'s to `ahead` months later, in UTC.
-- Rows that went to the DEFAULT partition, because the month's own was not there in time, move
-- into it. Returns the names of the partitions that it made. Two callers at once are serialised.
CREATE FUNCTION promptops_ensure_run_partitions(moment timestamptz, ahead integer)
RETURNS SETOF text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  month timestamp := date_trunc('month', moment AT TIME ZONE 'UTC');
  lower_id uuid;
  upper_id uuid;
  partition_name text;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('promptops_ensure_run_partitions'));
  FOR i IN 0..ahead LOOP
    partition_name := 'runs_' || to_char(month, 'YYYY_MM');
    IF to_regclass(partition_name) IS NULL THEN
      lower_id := promptops_first_uuid_at(month AT TIME ZONE 'UTC');
      upper_id := promptops_first_uuid_at((month + interval '1 month') AT TIME ZONE 'UTC');
      EXECUTE format('CREATE TABLE %I (LIKE runs INCLUDING DEFAULTS INCLUDING CONSTRAINTS)',
                     partition_name);
      -- Nobody may write to DEFAULT between the move and the attachment.
      LOCK TABLE runs_default IN ACCESS EXCLUSIVE MODE;
      EXECUTE format('WITH moved AS (DELETE FROM runs_default WHERE id >= $1 AND id < $2
                      RETURNING *) INSERT INTO %I SELECT * FROM moved', partition_name)
        USING lower_id, upper_id;
      EXECUTE format('ALTER TABLE runs ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                     partition_name, lower_id, upper_id);
      RETURN NEXT partition_name;
    END IF;
    month := month + interval '1 month';
  END LOOP;
END
$$
--%
REVOKE ALL ON FUNCTION promptops_ensure_run_partitions(timestamptz, integer) FROM PUBLIC
--%
-- What was published never changes: only its status may, from Published to Deprecated and back.
CREATE FUNCTION promptops_keep_published() RETURNS trigger
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
CREATE TRIGGER prompt_versions_keep_published BEFORE UPDATE ON prompt_versions
  FOR EACH ROW EXECUTE FUNCTION promptops_keep_published()
