CREATE TABLE "hold_sweeps" (
	"id" smallint PRIMARY KEY NOT NULL,
	"swept_to" timestamp(3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "holds" (
	"team_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"key_digest" "bytea" NOT NULL,
	"request_digest" "bytea" NOT NULL,
	"status" smallint NOT NULL,
	"model_id" uuid,
	"quantities" jsonb,
	"params" jsonb,
	"amount_nano" bigint NOT NULL,
	"drawn_nano" bigint DEFAULT 0 NOT NULL,
	"draws" jsonb NOT NULL,
	"member_id" uuid,
	"api_key_id" uuid,
	"deployment_id" uuid,
	"replica_slot" smallint,
	"run_id" uuid,
	"tags" jsonb,
	"placed_at" timestamp(3) with time zone NOT NULL,
	"expires_at" timestamp(3) with time zone NOT NULL,
	"reported" jsonb,
	"reported_params" jsonb,
	"reported_nano" bigint,
	"reported_at" timestamp(3) with time zone,
	"resolved_at" timestamp(3) with time zone,
	"charge_id" uuid,
	"late_charge_id" uuid,
	"actor_kind" smallint NOT NULL,
	"actor_id" uuid,
	CONSTRAINT "holds_team_id_id_pk" PRIMARY KEY("team_id","id")
);
--> statement-breakpoint
CREATE TABLE "runs" (
	"team_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"key_digest" "bytea" NOT NULL,
	"request_digest" "bytea" NOT NULL,
	"name" text,
	"status" smallint NOT NULL,
	"quote_id" uuid,
	"hold_id" uuid,
	"steps" jsonb NOT NULL,
	"estimated_nano" bigint NOT NULL,
	"spent_nano" bigint DEFAULT 0 NOT NULL,
	"charge_count" bigint DEFAULT 0 NOT NULL,
	"member_id" uuid,
	"api_key_id" uuid,
	"tags" jsonb,
	"started_at" timestamp(3) with time zone NOT NULL,
	"ended_at" timestamp(3) with time zone,
	"reason" text,
	"actor_kind" smallint NOT NULL,
	"actor_id" uuid,
	CONSTRAINT "runs_team_id_id_pk" PRIMARY KEY("team_id","id")
);
--> statement-breakpoint
CREATE TABLE "spend_caps" (
	"team_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"subject" smallint NOT NULL,
	"subject_id" uuid NOT NULL,
	"period" smallint NOT NULL,
	"limit_nano" bigint NOT NULL,
	"spent_nano" bigint NOT NULL,
	"period_at" timestamp(3) with time zone NOT NULL,
	"held_nano" bigint NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL,
	"updated_at" timestamp(3) with time zone NOT NULL,
	"actor_kind" smallint NOT NULL,
	"actor_id" uuid,
	CONSTRAINT "spend_caps_team_id_id_pk" PRIMARY KEY("team_id","id")
);
--> statement-breakpoint
CREATE TABLE "deployment_events" (
	"team_id" uuid NOT NULL,
	"seq" bigint NOT NULL,
	"deployment_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"at" timestamp(3) with time zone NOT NULL,
	"recorded_at" timestamp(3) with time zone NOT NULL,
	"actor_kind" smallint NOT NULL,
	"actor_id" uuid,
	"reason" text,
	"details" jsonb NOT NULL,
	CONSTRAINT "deployment_events_team_id_seq_pk" PRIMARY KEY("team_id","seq")
);
--> statement-breakpoint
CREATE TABLE "deployment_heads" (
	"team_id" uuid PRIMARY KEY NOT NULL,
	"event_seq" bigint NOT NULL,
	"next_due_at" timestamp(3) with time zone
);
--> statement-breakpoint
CREATE TABLE "deployment_slots" (
	"team_id" uuid NOT NULL,
	"deployment_id" uuid NOT NULL,
	"slot" smallint NOT NULL,
	"instance_type_id" uuid NOT NULL,
	"active" boolean NOT NULL,
	"hour_at" timestamp(3) with time zone,
	"paid_until" timestamp(3) with time zone,
	"charge_id" uuid,
	"hold_id" uuid,
	"due_at" timestamp(3) with time zone,
	CONSTRAINT "deployment_slots_team_id_deployment_id_slot_instance_type_id_pk" PRIMARY KEY("team_id","deployment_id","slot","instance_type_id")
);
--> statement-breakpoint
CREATE TABLE "deployments" (
	"team_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"name" text NOT NULL,
	"instance_type_id" uuid NOT NULL,
	"replicas" smallint NOT NULL,
	"min_replicas" smallint NOT NULL,
	"max_replicas" smallint NOT NULL,
	"status" text NOT NULL,
	"pause_reason" text,
	"paused_at" timestamp(3) with time zone,
	"paused_seq" bigint,
	"started_at" timestamp(3) with time zone,
	"stopped_at" timestamp(3) with time zone,
	"resume_on_top_up" boolean NOT NULL,
	"schedule" jsonb,
	"schedule_due_at" timestamp(3) with time zone,
	"member_id" uuid,
	"api_key_id" uuid,
	"created_at" timestamp(3) with time zone NOT NULL,
	"updated_at" timestamp(3) with time zone NOT NULL,
	"actor_kind" smallint NOT NULL,
	"actor_id" uuid,
	CONSTRAINT "deployments_team_id_id_pk" PRIMARY KEY("team_id","id")
);
--> statement-breakpoint
CREATE TABLE "sandbox_clock" (
	"id" smallint PRIMARY KEY NOT NULL,
	"offset_ms" bigint NOT NULL,
	"updated_at" timestamp(3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "run_quotes" (
	"team_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"steps" jsonb NOT NULL,
	"total_nano" bigint NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL,
	"expires_at" timestamp(3) with time zone NOT NULL,
	"actor_kind" smallint NOT NULL,
	"actor_id" uuid,
	CONSTRAINT "run_quotes_team_id_id_pk" PRIMARY KEY("team_id","id")
);
--> statement-breakpoint
ALTER TABLE "models" ADD COLUMN "instance" jsonb;--> statement-breakpoint
ALTER TABLE "charges" ADD COLUMN "hold_id" uuid;--> statement-breakpoint
ALTER TABLE "charges" ADD COLUMN "run_step" smallint;--> statement-breakpoint
ALTER TABLE "charges" ADD COLUMN "replica_slot" smallint;--> statement-breakpoint
ALTER TABLE "charges" ADD COLUMN "short_nano" bigint;--> statement-breakpoint
ALTER TABLE "charges" ADD COLUMN "prior_nano" bigint;--> statement-breakpoint
ALTER TABLE "wallets" ADD COLUMN "capped" boolean DEFAULT false NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX "holds_key" ON "holds" USING btree ("team_id","key_digest") WHERE "holds"."key_digest" is not null;--> statement-breakpoint
CREATE INDEX "holds_id" ON "holds" USING brin ("id") WITH (pages_per_range=16,autosummarize=true);--> statement-breakpoint
CREATE INDEX "holds_due" ON "holds" USING brin ("expires_at" timestamptz_minmax_multi_ops) WITH (pages_per_range=16,autosummarize=true);--> statement-breakpoint
CREATE UNIQUE INDEX "runs_key" ON "runs" USING btree ("team_id","key_digest") WHERE "runs"."key_digest" is not null;--> statement-breakpoint
CREATE INDEX "runs_id" ON "runs" USING btree ("id");--> statement-breakpoint
CREATE UNIQUE INDEX "spend_caps_subject" ON "spend_caps" USING btree ("team_id","subject","subject_id","period");--> statement-breakpoint
CREATE INDEX "spend_caps_id" ON "spend_caps" USING btree ("id");--> statement-breakpoint
CREATE UNIQUE INDEX "deployment_events_deployment" ON "deployment_events" USING btree ("team_id","deployment_id","seq");--> statement-breakpoint
CREATE INDEX "deployment_heads_due" ON "deployment_heads" USING btree ("next_due_at") WHERE "deployment_heads"."next_due_at" is not null;--> statement-breakpoint
CREATE INDEX "deployments_id" ON "deployments" USING btree ("id");--> statement-breakpoint
CREATE INDEX "deployments_waiting" ON "deployments" USING btree ("team_id") WHERE "deployments"."pause_reason" = 'OUT_OF_CREDITS';--> statement-breakpoint
CREATE INDEX "run_quotes_id" ON "run_quotes" USING btree ("id");--> statement-breakpoint
CREATE INDEX "charges_run" ON "charges" USING btree ("team_id","run_id","id") WHERE "charges"."run_id" is not null;--> statement-breakpoint
CREATE INDEX "charges_deployment" ON "charges" USING btree ("team_id","deployment_id","id") WHERE "charges"."deployment_id" is not null;