DROP TABLE `meta`;--> statement-breakpoint
DROP INDEX `events_by_key`;--> statement-breakpoint
CREATE INDEX `events_by_key` ON `events` (`key`) WHERE key IS NOT NULL;