ALTER TABLE "auto_recharges" SET (fillfactor = 70);--> statement-breakpoint
ALTER TABLE "payment_heads" SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);--> statement-breakpoint
REVOKE UPDATE, DELETE, TRUNCATE ON "top_up_events", "promo_redemptions", "plan_invoices", "bonus_tier_sets" FROM "drawdown_app";--> statement-breakpoint
REVOKE DELETE ON "payments", "top_ups", "refunds", "disputes", "recharge_attempts", "stripe_events", "stripe_customers", "promo_codes", "plan_versions", "sign_up_credits" FROM "drawdown_app"
