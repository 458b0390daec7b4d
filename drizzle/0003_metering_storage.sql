-- A hold is updated once or twice, and none of its indexed columns changes: it stays on its page.
ALTER TABLE "holds" SET (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.05);--> statement-breakpoint
ALTER TABLE "runs" SET (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.05);--> statement-breakpoint
ALTER TABLE "spend_caps" SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);--> statement-breakpoint
ALTER TABLE "deployment_heads" SET (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.05);--> statement-breakpoint
ALTER TABLE "deployment_slots" SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);--> statement-breakpoint
INSERT INTO "hold_sweeps" ("id", "swept_to") VALUES (1, 'epoch');--> statement-breakpoint
REVOKE UPDATE, DELETE, TRUNCATE ON "run_quotes", "deployment_events" FROM "drawdown_app";--> statement-breakpoint
REVOKE DELETE ON "holds", "runs", "deployments", "deployment_heads" FROM "drawdown_app";
