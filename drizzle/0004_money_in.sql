CREATE TABLE "compute_discounts" (
	"team_id" uuid NOT NULL,
	"since" timestamp(3) with time zone NOT NULL,
	"discount_bps" bigint,
	CONSTRAINT "compute_discounts_team_id_since_pk" PRIMARY KEY("team_id","since")
);
--> statement-breakpoint
CREATE TABLE "team_plans" (
	"team_id" uuid NOT NULL,
	"family" text NOT NULL,
	"plan_code" text NOT NULL,
	"entitlements" jsonb NOT NULL,
	"since" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "team_plans_team_id_family_pk" PRIMARY KEY("team_id","family")
);
--> statement-breakpoint
CREATE TABLE "installation_secrets" (
	"name" text PRIMARY KEY NOT NULL,
	"secret" text NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "payment_heads" (
	"team_id" uuid PRIMARY KEY NOT NULL,
	"event_seq" bigint DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "payments" (
	"team_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"kind" text NOT NULL,
	"payment_intent" text NOT NULL,
	"charge" text,
	"amount_cents" bigint NOT NULL,
	"grant_id" uuid,
	"bonus_grant_id" uuid,
	"top_up_id" uuid,
	"subscription_id" uuid,
	"stripe_invoice" text,
	"description" text NOT NULL,
	"card_brand" text,
	"card_last4" text,
	"refunded_cents" bigint DEFAULT 0 NOT NULL,
	"disputed_cents" bigint DEFAULT 0 NOT NULL,
	"receipt_number" text NOT NULL,
	"paid_at" timestamp(3) with time zone NOT NULL,
	"actor_kind" smallint NOT NULL,
	"actor_id" uuid,
	CONSTRAINT "payments_team_id_id_pk" PRIMARY KEY("team_id","id")
);
--> statement-breakpoint
CREATE TABLE "stripe_customers" (
	"team_id" uuid PRIMARY KEY NOT NULL,
	"stripe_id" text NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "stripe_events" (
	"id" text PRIMARY KEY NOT NULL,
	"type" text NOT NULL,
	"object_id" text,
	"api_version" text,
	"created_at" timestamp(3) with time zone NOT NULL,
	"received_at" timestamp(3) with time zone NOT NULL,
	"status" text NOT NULL,
	"done_at" timestamp(3) with time zone,
	"next_check_at" timestamp(3) with time zone
);
--> statement-breakpoint
CREATE TABLE "promo_codes" (
	"id" uuid PRIMARY KEY NOT NULL,
	"code" text NOT NULL,
	"amount_nano" bigint NOT NULL,
	"scope_product" text,
	"scope_model_id" uuid,
	"scope_gpu_type" text,
	"priority" smallint DEFAULT 50 NOT NULL,
	"starts_at" timestamp(3) with time zone NOT NULL,
	"ends_at" timestamp(3) with time zone,
	"grant_expires_at" timestamp(3) with time zone,
	"grant_lasts_days" integer,
	"max_redemptions" integer,
	"redemptions" integer DEFAULT 0 NOT NULL,
	"eligible_plans" text[] NOT NULL,
	"first_purchase_only" boolean DEFAULT false NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL,
	"actor_kind" smallint NOT NULL,
	"actor_id" uuid,
	"reason" text NOT NULL,
	CONSTRAINT "promo_codes_limit" CHECK ("promo_codes"."max_redemptions" is null or "promo_codes"."redemptions" <= "promo_codes"."max_redemptions")
);
--> statement-breakpoint
CREATE TABLE "promo_guesses" (
	"id" uuid PRIMARY KEY NOT NULL,
	"guesser" text NOT NULL,
	"at" timestamp(3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "promo_redemptions" (
	"team_id" uuid NOT NULL,
	"promo_code_id" uuid NOT NULL,
	"user_id" uuid,
	"grant_id" uuid NOT NULL,
	"redeemed_at" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "promo_redemptions_team_id_promo_code_id_pk" PRIMARY KEY("team_id","promo_code_id")
);
--> statement-breakpoint
CREATE TABLE "sign_up_credits" (
	"email_digest" text PRIMARY KEY NOT NULL,
	"team_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"grant_id" uuid NOT NULL,
	"granted_at" timestamp(3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "mails" (
	"team_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"dedupe_key" text,
	"to" text[] NOT NULL,
	"subject" text NOT NULL,
	"text" text NOT NULL,
	"html" text NOT NULL,
	"attachments" jsonb NOT NULL,
	"status" text NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"error" text,
	"leased_until" timestamp(3) with time zone,
	"created_at" timestamp(3) with time zone NOT NULL,
	"sent_at" timestamp(3) with time zone,
	CONSTRAINT "mails_team_id_id_pk" PRIMARY KEY("team_id","id")
);
--> statement-breakpoint
CREATE TABLE "auto_recharges" (
	"team_id" uuid PRIMARY KEY NOT NULL,
	"enabled" boolean NOT NULL,
	"threshold_nano" bigint NOT NULL,
	"amount_cents" bigint NOT NULL,
	"max_per_charge_cents" bigint,
	"daily_cap_cents" bigint,
	"monthly_cap_cents" bigint,
	"payment_method_id" uuid,
	"failures" integer DEFAULT 0 NOT NULL,
	"next_check_at" timestamp(3) with time zone,
	"suspended_at" timestamp(3) with time zone,
	"suspended_reason" text,
	"suspended_fingerprint" text,
	"actor_kind" smallint NOT NULL,
	"actor_id" uuid,
	"updated_at" timestamp(3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "bonus_tier_sets" (
	"id" uuid PRIMARY KEY NOT NULL,
	"effective_at" timestamp(3) with time zone NOT NULL,
	"tiers" jsonb NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL,
	"actor_kind" smallint NOT NULL,
	"actor_id" uuid,
	"reason" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "debt_invoices" (
	"team_id" uuid NOT NULL,
	"month" timestamp(3) with time zone NOT NULL,
	"amount_cents" bigint NOT NULL,
	"top_up_id" uuid,
	"created_at" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "debt_invoices_team_id_month_pk" PRIMARY KEY("team_id","month")
);
--> statement-breakpoint
CREATE TABLE "disputes" (
	"team_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"payment_id" uuid NOT NULL,
	"stripe_id" text NOT NULL,
	"status" text NOT NULL,
	"amount_cents" bigint NOT NULL,
	"reversed_cents" bigint NOT NULL,
	"asked_nano" bigint NOT NULL,
	"frozen_nano" bigint NOT NULL,
	"voided_nano" bigint DEFAULT 0 NOT NULL,
	"debt_nano" bigint DEFAULT 0 NOT NULL,
	"bonus_voided_nano" bigint DEFAULT 0 NOT NULL,
	"bonus_returned_id" uuid,
	"reason" text NOT NULL,
	"next_check_at" timestamp(3) with time zone,
	"opened_at" timestamp(3) with time zone NOT NULL,
	"closed_at" timestamp(3) with time zone,
	CONSTRAINT "disputes_team_id_id_pk" PRIMARY KEY("team_id","id")
);
--> statement-breakpoint
CREATE TABLE "payment_method_watches" (
	"team_id" uuid PRIMARY KEY NOT NULL,
	"version" bigint DEFAULT 0 NOT NULL,
	"begun_at" timestamp(3) with time zone NOT NULL,
	"until" timestamp(3) with time zone NOT NULL,
	"next_check_at" timestamp(3) with time zone
);
--> statement-breakpoint
CREATE TABLE "payment_methods" (
	"team_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"stripe_id" text NOT NULL,
	"type" text NOT NULL,
	"brand" text,
	"last4" text,
	"exp_month" smallint,
	"exp_year" smallint,
	"wallet" text,
	"fingerprint" text,
	"is_default" boolean DEFAULT false NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL,
	"removed_at" timestamp(3) with time zone,
	"detach_due" boolean DEFAULT false NOT NULL,
	"expiry_told_at" timestamp(3) with time zone,
	CONSTRAINT "payment_methods_team_id_id_pk" PRIMARY KEY("team_id","id")
);
--> statement-breakpoint
CREATE TABLE "recharge_attempts" (
	"team_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"trigger" text NOT NULL,
	"status" text NOT NULL,
	"amount_cents" bigint NOT NULL,
	"top_up_id" uuid NOT NULL,
	"fingerprint" text,
	"failure_code" text,
	"failure_message" text,
	"started_at" timestamp(3) with time zone NOT NULL,
	"finished_at" timestamp(3) with time zone,
	CONSTRAINT "recharge_attempts_team_id_id_pk" PRIMARY KEY("team_id","id")
);
--> statement-breakpoint
CREATE TABLE "refunds" (
	"team_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"payment_id" uuid NOT NULL,
	"status" text NOT NULL,
	"requested_cents" bigint,
	"amount_cents" bigint,
	"credit_nano" bigint DEFAULT 0 NOT NULL,
	"voided_nano" bigint DEFAULT 0 NOT NULL,
	"debt_nano" bigint DEFAULT 0 NOT NULL,
	"bonus_voided_nano" bigint DEFAULT 0 NOT NULL,
	"bonus_returned_id" uuid,
	"stripe_refund" text,
	"send_attempt" integer DEFAULT 0 NOT NULL,
	"next_check_at" timestamp(3) with time zone,
	"reason" text NOT NULL,
	"decision_reason" text,
	"failure_reason" text,
	"requested_by_kind" smallint NOT NULL,
	"requested_by_id" uuid,
	"decided_by_kind" smallint,
	"decided_by_id" uuid,
	"requested_at" timestamp(3) with time zone NOT NULL,
	"decided_at" timestamp(3) with time zone,
	"finished_at" timestamp(3) with time zone,
	CONSTRAINT "refunds_team_id_id_pk" PRIMARY KEY("team_id","id")
);
--> statement-breakpoint
CREATE TABLE "top_up_events" (
	"team_id" uuid NOT NULL,
	"seq" bigint NOT NULL,
	"top_up_id" uuid NOT NULL,
	"at" timestamp(3) with time zone NOT NULL,
	"top_up" jsonb NOT NULL,
	CONSTRAINT "top_up_events_team_id_seq_pk" PRIMARY KEY("team_id","seq")
);
--> statement-breakpoint
CREATE TABLE "top_ups" (
	"team_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"kind" text NOT NULL,
	"flow" text NOT NULL,
	"status" text NOT NULL,
	"amount_cents" bigint NOT NULL,
	"bonus_nano" bigint DEFAULT 0 NOT NULL,
	"payment_method_id" uuid,
	"payment_intent" text,
	"checkout_session" text,
	"action_url" text,
	"client_secret" text,
	"return_url" text,
	"failure_code" text,
	"failure_message" text,
	"send_attempt" integer DEFAULT 0 NOT NULL,
	"next_check_at" timestamp(3) with time zone,
	"given_up_at" timestamp(3) with time zone,
	"payment_id" uuid,
	"actor_kind" smallint NOT NULL,
	"actor_id" uuid,
	"created_at" timestamp(3) with time zone NOT NULL,
	"updated_at" timestamp(3) with time zone NOT NULL,
	"finished_at" timestamp(3) with time zone,
	CONSTRAINT "top_ups_team_id_id_pk" PRIMARY KEY("team_id","id")
);
--> statement-breakpoint
CREATE TABLE "plan_invoices" (
	"team_id" uuid NOT NULL,
	"stripe_invoice" text NOT NULL,
	"subscription_id" uuid NOT NULL,
	"plan_version_id" uuid NOT NULL,
	"period_start" timestamp(3) with time zone NOT NULL,
	"period_end" timestamp(3) with time zone NOT NULL,
	"amount_cents" bigint NOT NULL,
	"payment_id" uuid,
	"grant_id" uuid,
	"paid_at" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "plan_invoices_team_id_stripe_invoice_pk" PRIMARY KEY("team_id","stripe_invoice")
);
--> statement-breakpoint
CREATE TABLE "plan_versions" (
	"id" uuid PRIMARY KEY NOT NULL,
	"code" text NOT NULL,
	"version" integer NOT NULL,
	"family" text NOT NULL,
	"name" text NOT NULL,
	"rank" integer NOT NULL,
	"monthly_cents" bigint NOT NULL,
	"monthly_credit_nano" bigint NOT NULL,
	"entitlements" jsonb NOT NULL,
	"benefits" text[] NOT NULL,
	"retired" boolean DEFAULT false NOT NULL,
	"stripe_product" text,
	"stripe_price" text,
	"effective_at" timestamp(3) with time zone NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL,
	"actor_kind" smallint NOT NULL,
	"actor_id" uuid,
	"reason" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "subscriptions" (
	"team_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"family" text NOT NULL,
	"plan_version_id" uuid NOT NULL,
	"next_plan_version_id" uuid,
	"status" text NOT NULL,
	"stripe_id" text,
	"stripe_payment_method" text,
	"follows_default" boolean DEFAULT true NOT NULL,
	"send_attempt" integer DEFAULT 0 NOT NULL,
	"task" text,
	"task_plan_version_id" uuid,
	"revision" integer DEFAULT 0 NOT NULL,
	"cancel_at_period_end" boolean DEFAULT false NOT NULL,
	"current_period_start" timestamp(3) with time zone,
	"current_period_end" timestamp(3) with time zone,
	"action_url" text,
	"client_secret" text,
	"failure_message" text,
	"past_due_since" timestamp(3) with time zone,
	"next_check_at" timestamp(3) with time zone,
	"actor_kind" smallint NOT NULL,
	"actor_id" uuid,
	"created_at" timestamp(3) with time zone NOT NULL,
	"updated_at" timestamp(3) with time zone NOT NULL,
	"ended_at" timestamp(3) with time zone,
	CONSTRAINT "subscriptions_team_id_id_pk" PRIMARY KEY("team_id","id")
);
--> statement-breakpoint
CREATE TABLE "sandbox_stripe_deliveries" (
	"id" text PRIMARY KEY NOT NULL,
	"event_id" text NOT NULL,
	"seq" bigint GENERATED ALWAYS AS IDENTITY (sequence name "sandbox_stripe_deliveries_seq_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"payload" text NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"next_at" timestamp(3) with time zone,
	"delivered_at" timestamp(3) with time zone,
	"dropped" boolean DEFAULT false NOT NULL,
	"overtaken" boolean DEFAULT false NOT NULL,
	"last_status" text
);
--> statement-breakpoint
CREATE TABLE "sandbox_stripe_faults" (
	"id" text PRIMARY KEY NOT NULL,
	"seq" bigint GENERATED ALWAYS AS IDENTITY (sequence name "sandbox_stripe_faults_seq_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"kind" text NOT NULL,
	"target" text NOT NULL,
	"remaining" bigint NOT NULL,
	"options" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sandbox_stripe_keys" (
	"key" text PRIMARY KEY NOT NULL,
	"request" text NOT NULL,
	"status" integer,
	"body" text,
	"created_at" timestamp(3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sandbox_stripe_objects" (
	"id" text PRIMARY KEY NOT NULL,
	"type" text NOT NULL,
	"seq" bigint GENERATED ALWAYS AS IDENTITY (sequence name "sandbox_stripe_objects_seq_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"customer" text,
	"parent" text,
	"data" jsonb NOT NULL,
	"secret" jsonb NOT NULL,
	"due_at" timestamp(3) with time zone
);
--> statement-breakpoint
ALTER TABLE "charges" ADD COLUMN "discount_bps" bigint;--> statement-breakpoint
ALTER TABLE "grants" ADD COLUMN "refunded_nano" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "grants" ADD COLUMN "disputed_nano" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "grants" ADD COLUMN "freezing_nano" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "wallets" ADD COLUMN "recharge_below_nano" bigint;--> statement-breakpoint
ALTER TABLE "wallets" ADD COLUMN "recharge_due_at" timestamp(3) with time zone;--> statement-breakpoint
ALTER TABLE "teams" ADD COLUMN "first_purchase_at" timestamp(3) with time zone;--> statement-breakpoint
CREATE UNIQUE INDEX "payments_intent" ON "payments" USING btree ("team_id","payment_intent");--> statement-breakpoint
CREATE INDEX "payments_kind_paid" ON "payments" USING btree ("team_id","kind","paid_at","id");--> statement-breakpoint
CREATE INDEX "payments_id" ON "payments" USING btree ("id");--> statement-breakpoint
CREATE INDEX "payments_by_intent" ON "payments" USING btree ("payment_intent");--> statement-breakpoint
CREATE UNIQUE INDEX "stripe_customers_stripe" ON "stripe_customers" USING btree ("stripe_id");--> statement-breakpoint
CREATE INDEX "stripe_events_waiting" ON "stripe_events" USING btree ("next_check_at") WHERE "stripe_events"."next_check_at" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "promo_codes_code" ON "promo_codes" USING btree ("code");--> statement-breakpoint
CREATE INDEX "promo_guesses_guesser" ON "promo_guesses" USING btree ("guesser","at");--> statement-breakpoint
CREATE UNIQUE INDEX "sign_up_credits_team" ON "sign_up_credits" USING btree ("team_id");--> statement-breakpoint
CREATE INDEX "mails_id" ON "mails" USING btree ("id");--> statement-breakpoint
CREATE UNIQUE INDEX "mails_dedupe" ON "mails" USING btree ("team_id","dedupe_key") WHERE "mails"."dedupe_key" is not null;--> statement-breakpoint
CREATE INDEX "mails_waiting" ON "mails" USING btree ("id") WHERE "mails"."status" = 'WAITING';--> statement-breakpoint
CREATE INDEX "auto_recharges_next" ON "auto_recharges" USING btree ("next_check_at") WHERE "auto_recharges"."next_check_at" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "disputes_stripe" ON "disputes" USING btree ("team_id","stripe_id");--> statement-breakpoint
CREATE INDEX "disputes_payment" ON "disputes" USING btree ("team_id","payment_id");--> statement-breakpoint
CREATE INDEX "disputes_id" ON "disputes" USING btree ("id");--> statement-breakpoint
CREATE INDEX "disputes_open" ON "disputes" USING btree ("next_check_at") WHERE "disputes"."next_check_at" is not null;--> statement-breakpoint
CREATE INDEX "disputes_opened" ON "disputes" USING btree ("team_id","opened_at","id");--> statement-breakpoint
CREATE INDEX "disputes_closed" ON "disputes" USING btree ("team_id","closed_at","id") WHERE "disputes"."closed_at" is not null;--> statement-breakpoint
CREATE INDEX "payment_method_watches_next" ON "payment_method_watches" USING btree ("next_check_at") WHERE "payment_method_watches"."next_check_at" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "payment_methods_stripe" ON "payment_methods" USING btree ("team_id","stripe_id");--> statement-breakpoint
CREATE INDEX "payment_methods_id" ON "payment_methods" USING btree ("id");--> statement-breakpoint
CREATE INDEX "payment_methods_by_stripe" ON "payment_methods" USING btree ("stripe_id");--> statement-breakpoint
CREATE UNIQUE INDEX "payment_methods_default" ON "payment_methods" USING btree ("team_id") WHERE "payment_methods"."is_default";--> statement-breakpoint
CREATE INDEX "payment_methods_expiring" ON "payment_methods" USING btree ("exp_year","exp_month") WHERE "payment_methods"."removed_at" is null and "payment_methods"."expiry_told_at" is null;--> statement-breakpoint
CREATE UNIQUE INDEX "recharge_attempts_one_in_flight" ON "recharge_attempts" USING btree ("team_id") WHERE "recharge_attempts"."finished_at" is null;--> statement-breakpoint
CREATE INDEX "recharge_attempts_started" ON "recharge_attempts" USING btree ("team_id","started_at");--> statement-breakpoint
CREATE INDEX "recharge_attempts_top_up" ON "recharge_attempts" USING btree ("team_id","top_up_id");--> statement-breakpoint
CREATE INDEX "recharge_attempts_id" ON "recharge_attempts" USING btree ("id");--> statement-breakpoint
CREATE UNIQUE INDEX "refunds_stripe" ON "refunds" USING btree ("team_id","stripe_refund") WHERE "refunds"."stripe_refund" is not null;--> statement-breakpoint
CREATE INDEX "refunds_id" ON "refunds" USING btree ("id");--> statement-breakpoint
CREATE INDEX "refunds_payment" ON "refunds" USING btree ("team_id","payment_id");--> statement-breakpoint
CREATE INDEX "refunds_dated" ON "refunds" USING btree ("team_id",(coalesce("decided_at", "requested_at")),"id") WHERE "refunds"."amount_cents" is not null;--> statement-breakpoint
CREATE INDEX "refunds_open" ON "refunds" USING btree ("next_check_at") WHERE "refunds"."next_check_at" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "top_ups_intent" ON "top_ups" USING btree ("team_id","payment_intent") WHERE "top_ups"."payment_intent" is not null;--> statement-breakpoint
CREATE INDEX "top_ups_id" ON "top_ups" USING btree ("id");--> statement-breakpoint
CREATE INDEX "top_ups_open" ON "top_ups" USING btree ("next_check_at") WHERE "top_ups"."next_check_at" is not null;--> statement-breakpoint
CREATE INDEX "top_ups_in_flight" ON "top_ups" USING btree ("team_id") WHERE "top_ups"."finished_at" is null;--> statement-breakpoint
CREATE UNIQUE INDEX "plan_versions_code" ON "plan_versions" USING btree ("code","version");--> statement-breakpoint
CREATE UNIQUE INDEX "subscriptions_one_a_family" ON "subscriptions" USING btree ("team_id","family") WHERE "subscriptions"."ended_at" is null;--> statement-breakpoint
CREATE UNIQUE INDEX "subscriptions_stripe" ON "subscriptions" USING btree ("team_id","stripe_id") WHERE "subscriptions"."stripe_id" is not null;--> statement-breakpoint
CREATE INDEX "subscriptions_id" ON "subscriptions" USING btree ("id");--> statement-breakpoint
CREATE INDEX "subscriptions_open" ON "subscriptions" USING btree ("next_check_at") WHERE "subscriptions"."next_check_at" is not null;--> statement-breakpoint
CREATE INDEX "sandbox_stripe_deliveries_next" ON "sandbox_stripe_deliveries" USING btree ("next_at","seq") WHERE "sandbox_stripe_deliveries"."next_at" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "sandbox_stripe_faults_seq" ON "sandbox_stripe_faults" USING btree ("seq");--> statement-breakpoint
CREATE INDEX "sandbox_stripe_objects_type" ON "sandbox_stripe_objects" USING btree ("type","seq");--> statement-breakpoint
CREATE INDEX "sandbox_stripe_objects_customer" ON "sandbox_stripe_objects" USING btree ("customer","type","seq") WHERE "sandbox_stripe_objects"."customer" is not null;--> statement-breakpoint
CREATE INDEX "sandbox_stripe_objects_parent" ON "sandbox_stripe_objects" USING btree ("parent","type","seq") WHERE "sandbox_stripe_objects"."parent" is not null;--> statement-breakpoint
CREATE INDEX "sandbox_stripe_objects_due" ON "sandbox_stripe_objects" USING btree ("due_at") WHERE "sandbox_stripe_objects"."due_at" is not null;--> statement-breakpoint
CREATE INDEX "entries_transactions" ON "entries" USING btree ("team_id","kind","seq") WHERE "entries"."kind" in (1, 3, 4, 6, 16);--> statement-breakpoint
CREATE INDEX "wallets_unpaid" ON "wallets" USING btree ("team_id") WHERE "wallets"."unpaid_nano" > 0;--> statement-breakpoint
CREATE INDEX "wallets_recharge_due" ON "wallets" USING btree ("recharge_due_at") WHERE "wallets"."recharge_due_at" is not null;