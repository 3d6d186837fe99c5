CREATE TABLE `blobs` (
	`digest` blob PRIMARY KEY NOT NULL,
	`media_type` text NOT NULL,
	`bytes` blob NOT NULL
);
--> statement-breakpoint
CREATE TABLE `causes` (
	`event` integer NOT NULL,
	`ordinal` integer NOT NULL,
	`cause` integer NOT NULL,
	PRIMARY KEY(`event`, `ordinal`)
);
--> statement-breakpoint
CREATE INDEX `causes_by_cause` ON `causes` (`cause`);--> statement-breakpoint
CREATE TABLE `events` (
	`position` integer PRIMARY KEY NOT NULL,
	`id` text NOT NULL,
	`session` integer NOT NULL,
	`seq` integer NOT NULL,
	`type` text NOT NULL,
	`version` integer NOT NULL,
	`kind` text NOT NULL,
	`source_time_us` integer NOT NULL,
	`log_time_us` integer NOT NULL,
	`producer` integer NOT NULL,
	`seed` text,
	`key` blob,
	`payload` blob NOT NULL,
	`content_digest` blob NOT NULL,
	`chain_digest` blob NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `events_id_unique` ON `events` (`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `events_by_session` ON `events` (`session`,`seq`);--> statement-breakpoint
CREATE INDEX `events_by_key` ON `events` (`key`);--> statement-breakpoint
CREATE INDEX `events_by_type` ON `events` (`type`);--> statement-breakpoint
CREATE TABLE `meta` (
	`name` text PRIMARY KEY NOT NULL,
	`value` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `producers` (
	`number` integer PRIMARY KEY NOT NULL,
	`digest` blob NOT NULL,
	`json` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `producers_digest_unique` ON `producers` (`digest`);--> statement-breakpoint
CREATE TABLE `sessions` (
	`number` integer PRIMARY KEY NOT NULL,
	`id` text NOT NULL,
	`parent` integer,
	`fork_position` integer NOT NULL,
	`first_seq` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `sessions_id_unique` ON `sessions` (`id`);