-- Storage: rows that are updated all the time stay on their page (heap-only updates) and are vacuumed often.
ALTER TABLE "wallets" SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);--> statement-breakpoint
ALTER TABLE "grants" SET (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);--> statement-breakpoint
INSERT INTO "catalog_state" ("id", "revision") VALUES (1, 1);--> statement-breakpoint
-- The server works as a role that owns nothing: it cannot change or remove what has been written to the books.
-- An administrator may have made the role beforehand, for an owner who may not.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'drawdown_app') THEN
    CREATE ROLE "drawdown_app" NOLOGIN;
  END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;--> statement-breakpoint
-- Since PostgreSQL 16 whoever makes a role may not yet take it.
DO $$
BEGIN
  EXECUTE format('GRANT drawdown_app TO %I', current_user);
EXCEPTION WHEN insufficient_privilege THEN NULL;
END $$;--> statement-breakpoint
DO $$
BEGIN
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO drawdown_app', current_schema());
  EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %I TO drawdown_app', current_schema());
  EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO drawdown_app', current_schema());
END $$;--> statement-breakpoint
REVOKE UPDATE, DELETE, TRUNCATE ON "entries", "charges", "reversals", "idempotency_keys", "grant_changes", "audit_events", "checkpoints", "price_versions" FROM "drawdown_app";--> statement-breakpoint
REVOKE DELETE ON "wallets", "grants" FROM "drawdown_app";
