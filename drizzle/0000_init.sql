CREATE TABLE "catalog_state" (
	"id" smallint PRIMARY KEY NOT NULL,
	"revision" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "gpu_types" (
	"code" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"memory_gb" integer
);
--> statement-breakpoint
CREATE TABLE "models" (
	"id" uuid PRIMARY KEY NOT NULL,
	"key" text NOT NULL,
	"name" text NOT NULL,
	"product" text NOT NULL,
	"gpu_type" text,
	"supplier_label" text NOT NULL,
	"supplier_team_id" uuid,
	"active" boolean DEFAULT true NOT NULL,
	"facts" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "price_versions" (
	"id" uuid PRIMARY KEY NOT NULL,
	"model_id" uuid NOT NULL,
	"version" integer NOT NULL,
	"effective_at" timestamp(3) with time zone NOT NULL,
	"components" text NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL,
	"actor_kind" smallint NOT NULL,
	"actor_id" uuid,
	"reason" text
);
--> statement-breakpoint
CREATE TABLE "products" (
	"code" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "charges" (
	"team_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"key_digest" "bytea" NOT NULL,
	"request_digest" "bytea" NOT NULL,
	"status" smallint NOT NULL,
	"model_id" uuid NOT NULL,
	"price_version_id" uuid NOT NULL,
	"quantities" jsonb NOT NULL,
	"params" jsonb,
	"amount_nano" bigint NOT NULL,
	"debt_nano" bigint,
	"from_seq" bigint,
	"to_seq" bigint,
	"occurred_at" timestamp(3) with time zone NOT NULL,
	"posted_at" timestamp(3) with time zone NOT NULL,
	"member_id" uuid,
	"api_key_id" uuid,
	"deployment_id" uuid,
	"run_id" uuid,
	"tags" jsonb,
	"actor_kind" smallint NOT NULL,
	"actor_id" uuid,
	CONSTRAINT "charges_team_id_id_pk" PRIMARY KEY("team_id","id")
);
--> statement-breakpoint
CREATE TABLE "reversals" (
	"team_id" uuid NOT NULL,
	"charge_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"amount_nano" bigint NOT NULL,
	"from_seq" bigint,
	"to_seq" bigint,
	"posted_at" timestamp(3) with time zone NOT NULL,
	"actor_kind" smallint NOT NULL,
	"actor_id" uuid,
	"reason" text NOT NULL,
	CONSTRAINT "reversals_team_id_charge_id_pk" PRIMARY KEY("team_id","charge_id")
);
--> statement-breakpoint
CREATE TABLE "idempotency_keys" (
	"team_id" uuid NOT NULL,
	"operation" text NOT NULL,
	"key_digest" "bytea" NOT NULL,
	"request_digest" "bytea" NOT NULL,
	"result_id" uuid NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "idempotency_keys_team_id_operation_key_digest_pk" PRIMARY KEY("team_id","operation","key_digest")
);
--> statement-breakpoint
CREATE TABLE "checkpoints" (
	"team_id" uuid NOT NULL,
	"seq" bigint NOT NULL,
	"hash" "bytea" NOT NULL,
	"at" timestamp(3) with time zone NOT NULL,
	"key_id" text NOT NULL,
	"signature" "bytea" NOT NULL,
	CONSTRAINT "checkpoints_team_id_seq_pk" PRIMARY KEY("team_id","seq")
);
--> statement-breakpoint
CREATE TABLE "entries" (
	"team_id" uuid NOT NULL,
	"seq" bigint NOT NULL,
	"posting_id" uuid NOT NULL,
	"kind" smallint NOT NULL,
	"debit_account" smallint NOT NULL,
	"credit_account" smallint NOT NULL,
	"debit_ref" uuid,
	"credit_ref" uuid,
	"amount_nano" bigint NOT NULL,
	"available_after_nano" bigint NOT NULL,
	"prepaid_after_nano" bigint NOT NULL,
	"unrestricted_after_nano" bigint NOT NULL,
	"held_after_nano" bigint,
	"disputed_after_nano" bigint,
	"unpaid_after_nano" bigint,
	"grant_after_nano" bigint,
	"posted_at" timestamp(3) with time zone NOT NULL,
	"occurred_at" timestamp(3) with time zone NOT NULL,
	"actor_kind" smallint NOT NULL,
	"actor_id" uuid,
	"reason" text,
	"corrects_seq" bigint,
	"hash" "bytea" NOT NULL,
	CONSTRAINT "entries_team_id_seq_pk" PRIMARY KEY("team_id","seq"),
	CONSTRAINT "entries_amount" CHECK ("entries"."amount_nano" > 0)
);
--> statement-breakpoint
CREATE TABLE "grant_changes" (
	"team_id" uuid NOT NULL,
	"grant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"change" text NOT NULL,
	"expires_at_before" timestamp(3) with time zone,
	"expires_at_after" timestamp(3) with time zone,
	"amount_nano" bigint NOT NULL,
	"at" timestamp(3) with time zone NOT NULL,
	"actor_kind" smallint NOT NULL,
	"actor_id" uuid,
	"reason" text,
	CONSTRAINT "grant_changes_team_id_grant_id_id_pk" PRIMARY KEY("team_id","grant_id","id")
);
--> statement-breakpoint
CREATE TABLE "grants" (
	"team_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"kind" text NOT NULL,
	"source" text NOT NULL,
	"scope_product" text,
	"scope_model_id" uuid,
	"scope_gpu_type" text,
	"priority" smallint DEFAULT 50 NOT NULL,
	"granted_nano" bigint NOT NULL,
	"remaining_nano" bigint NOT NULL,
	"cost_basis_nano" bigint DEFAULT 0 NOT NULL,
	"effective_at" timestamp(3) with time zone NOT NULL,
	"expires_at" timestamp(3) with time zone,
	"status" text NOT NULL,
	"closed" boolean DEFAULT false NOT NULL,
	"closed_at" timestamp(3) with time zone,
	"closed_seq" bigint,
	"spent_nano" bigint DEFAULT 0 NOT NULL,
	"held_nano" bigint DEFAULT 0 NOT NULL,
	"expired_nano" bigint DEFAULT 0 NOT NULL,
	"voided_nano" bigint DEFAULT 0 NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL,
	"actor_kind" smallint NOT NULL,
	"actor_id" uuid,
	"reason" text,
	CONSTRAINT "grants_team_id_id_pk" PRIMARY KEY("team_id","id"),
	CONSTRAINT "grants_remaining" CHECK ("grants"."remaining_nano" between 0 and "grants"."granted_nano")
);
--> statement-breakpoint
CREATE TABLE "wallets" (
	"team_id" uuid PRIMARY KEY NOT NULL,
	"seq" bigint DEFAULT 0 NOT NULL,
	"version" bigint DEFAULT 0 NOT NULL,
	"charge_count" bigint DEFAULT 0 NOT NULL,
	"head_hash" "bytea" NOT NULL,
	"head_posted_at" timestamp(3) with time zone NOT NULL,
	"available_nano" bigint DEFAULT 0 NOT NULL,
	"prepaid_nano" bigint DEFAULT 0 NOT NULL,
	"unrestricted_nano" bigint DEFAULT 0 NOT NULL,
	"held_nano" bigint DEFAULT 0 NOT NULL,
	"disputed_nano" bigint DEFAULT 0 NOT NULL,
	"unpaid_nano" bigint DEFAULT 0 NOT NULL,
	"debt_limit_nano" bigint DEFAULT 0 NOT NULL,
	"next_due_at" timestamp(3) with time zone,
	CONSTRAINT "wallets_available" CHECK ("wallets"."available_nano" >= 0),
	CONSTRAINT "wallets_held" CHECK ("wallets"."held_nano" >= 0),
	CONSTRAINT "wallets_unpaid" CHECK ("wallets"."unpaid_nano" >= 0)
);
--> statement-breakpoint
CREATE TABLE "api_keys" (
	"id" uuid PRIMARY KEY NOT NULL,
	"type" text NOT NULL,
	"team_id" uuid,
	"name" text NOT NULL,
	"prefix" text NOT NULL,
	"secret_hash" "bytea" NOT NULL,
	"scopes" text[] NOT NULL,
	"created_by" uuid,
	"created_at" timestamp(3) with time zone NOT NULL,
	"last_used_at" timestamp(3) with time zone,
	"expires_at" timestamp(3) with time zone,
	"revoked_at" timestamp(3) with time zone
);
--> statement-breakpoint
CREATE TABLE "audit_events" (
	"team_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"action" text NOT NULL,
	"actor_kind" smallint NOT NULL,
	"actor_id" uuid,
	"details" jsonb NOT NULL,
	"at" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "audit_events_team_id_id_pk" PRIMARY KEY("team_id","id")
);
--> statement-breakpoint
CREATE TABLE "memberships" (
	"team_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"role" text NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "memberships_team_id_user_id_pk" PRIMARY KEY("team_id","user_id")
);
--> statement-breakpoint
CREATE TABLE "teams" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"time_zone" text DEFAULT 'UTC' NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "users" (
	"id" uuid PRIMARY KEY NOT NULL,
	"subject" text NOT NULL,
	"email" text,
	"name" text,
	"created_at" timestamp(3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "spend_buckets" (
	"team_id" uuid NOT NULL,
	"bucket_at" timestamp(3) with time zone NOT NULL,
	"model_id" uuid NOT NULL,
	"amount_nano" bigint NOT NULL,
	"charges" bigint NOT NULL,
	CONSTRAINT "spend_buckets_team_id_bucket_at_model_id_pk" PRIMARY KEY("team_id","bucket_at","model_id")
);
--> statement-breakpoint
CREATE TABLE "spend_cursors" (
	"team_id" uuid PRIMARY KEY NOT NULL,
	"charge_id" uuid NOT NULL,
	"reversed_to_seq" bigint NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX "models_key" ON "models" USING btree ("key");--> statement-breakpoint
CREATE INDEX "models_product" ON "models" USING btree ("product","key");--> statement-breakpoint
CREATE UNIQUE INDEX "price_versions_model" ON "price_versions" USING btree ("model_id","version");--> statement-breakpoint
CREATE UNIQUE INDEX "charges_key" ON "charges" USING btree ("team_id","key_digest");--> statement-breakpoint
CREATE INDEX "charges_id" ON "charges" USING btree ("id");--> statement-breakpoint
CREATE INDEX "reversals_id" ON "reversals" USING btree ("team_id","id");--> statement-breakpoint
CREATE INDEX "entries_debt_payments" ON "entries" USING btree ("team_id","seq") WHERE "entries"."kind" = 7;--> statement-breakpoint
CREATE INDEX "grants_id" ON "grants" USING btree ("id");--> statement-breakpoint
CREATE INDEX "grants_open" ON "grants" USING btree ("team_id") WHERE not "grants"."closed";--> statement-breakpoint
CREATE INDEX "grants_due" ON "grants" USING btree ((case "status" when 'SCHEDULED' then "effective_at" else "expires_at" end)) WHERE not "grants"."closed";--> statement-breakpoint
CREATE INDEX "api_keys_team" ON "api_keys" USING btree ("team_id");--> statement-breakpoint
CREATE INDEX "memberships_user" ON "memberships" USING btree ("user_id");--> statement-breakpoint
CREATE UNIQUE INDEX "users_subject" ON "users" USING btree ("subject");