REVOKE SELECT (id, email, name, is_instance_admin, password_set_at, disabled_at)
  ON users FROM promptops_system
--%
GRANT SELECT ON users TO promptops_system
--%
DROP TABLE audit_entries, notices
--%
DELETE FROM links WHERE kind <> 'sign_in'
--%
ALTER TABLE links
  DROP CONSTRAINT links_whom_check,
  ALTER COLUMN user_id SET NOT NULL,
  DROP COLUMN created_by, DROP COLUMN role, DROP COLUMN email, DROP COLUMN project_id,
  DROP COLUMN kind
--%
ALTER INDEX links_user RENAME TO sign_in_links_user
--%
ALTER TABLE links RENAME CONSTRAINT links_token_key TO sign_in_links_token_key
--%
ALTER TABLE links RENAME TO sign_in_links
--%
ALTER TABLE users
  DROP CONSTRAINT users_password_check,
  DROP COLUMN disabled_at, DROP COLUMN password_set_at, DROP COLUMN password_hash
--%
ALTER TABLE environments DROP COLUMN protected
