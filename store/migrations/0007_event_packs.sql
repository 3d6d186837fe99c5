CREATE TABLE `event_packs` (
	`first_position` integer PRIMARY KEY NOT NULL,
	`last_position` integer NOT NULL,
	`session` integer NOT NULL,
	`first_seq` integer NOT NULL,
	`envelopes` text NOT NULL,
	`payloads` blob NOT NULL,
	`digests` blob NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `event_packs_by_session` ON `event_packs` (`session`,`first_seq`);--> statement-breakpoint
CREATE INDEX `event_packs_by_session_position` ON `event_packs` (`session`,`first_position`);--> statement-breakpoint
-- By hand: without rowid, for the primary key is all that it is looked up by.
CREATE TABLE `packed_ids` (
	`prefix` text NOT NULL,
	`first` integer NOT NULL,
	`last` integer NOT NULL,
	`pack` integer NOT NULL,
	PRIMARY KEY(`prefix`, `first`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TRIGGER `event_packs_never_change` BEFORE UPDATE ON `event_packs` BEGIN SELECT RAISE(ABORT, 'history is immutable: packs of events are never updated'); END;
--> statement-breakpoint
CREATE TRIGGER `event_packs_never_vanish` BEFORE DELETE ON `event_packs` BEGIN SELECT RAISE(ABORT, 'history is immutable: packs of events are never deleted'); END;
--> statement-breakpoint
-- Packs never overlap, so of those that begin before a new one ends only the last can reach into it.
CREATE TRIGGER `event_packs_never_replaced` BEFORE INSERT ON `event_packs` WHEN (SELECT `last_position` FROM `event_packs` WHERE `first_position` <= NEW.`last_position` ORDER BY `first_position` DESC LIMIT 1) >= NEW.`first_position` OR (SELECT `first_seq` + `last_position` - `first_position` FROM `event_packs` WHERE `session` = NEW.`session` AND `first_seq` <= NEW.`first_seq` + NEW.`last_position` - NEW.`first_position` ORDER BY `first_seq` DESC LIMIT 1) >= NEW.`first_seq` OR EXISTS (SELECT 1 FROM `events` WHERE `position` BETWEEN NEW.`first_position` AND NEW.`last_position`) OR EXISTS (SELECT 1 FROM `events` WHERE `session` = NEW.`session` AND `seq` BETWEEN NEW.`first_seq` AND NEW.`first_seq` + NEW.`last_position` - NEW.`first_position`) BEGIN SELECT RAISE(FAIL, 'history is immutable: packed events are never replaced'); END;
--> statement-breakpoint
CREATE TRIGGER `packed_ids_never_change` BEFORE UPDATE ON `packed_ids` BEGIN SELECT RAISE(ABORT, 'history is immutable: ids of packed events are never updated'); END;
--> statement-breakpoint
CREATE TRIGGER `packed_ids_never_vanish` BEFORE DELETE ON `packed_ids` BEGIN SELECT RAISE(ABORT, 'history is immutable: ids of packed events are never deleted'); END;
--> statement-breakpoint
CREATE TRIGGER `packed_ids_never_replaced` BEFORE INSERT ON `packed_ids` WHEN (SELECT `last` FROM `packed_ids` WHERE `prefix` = NEW.`prefix` AND `first` <= NEW.`last` ORDER BY `first` DESC LIMIT 1) >= NEW.`first` BEGIN SELECT RAISE(FAIL, 'history is immutable: ids of packed events are never replaced'); END;
--> statement-breakpoint
-- A row must not take the place of a packed event either.
DROP TRIGGER `events_never_replaced`;
--> statement-breakpoint
CREATE TRIGGER `events_never_replaced` BEFORE INSERT ON `events` WHEN EXISTS (SELECT 1 FROM `events` WHERE `position` = NEW.`position`) OR EXISTS (SELECT 1 FROM `events` WHERE `id` = NEW.`id`) OR EXISTS (SELECT 1 FROM `events` WHERE `session` = NEW.`session` AND `seq` = NEW.`seq`) OR (SELECT `last_position` FROM `event_packs` WHERE `first_position` <= NEW.`position` ORDER BY `first_position` DESC LIMIT 1) >= NEW.`position` OR (SELECT `first_seq` + `last_position` - `first_position` FROM `event_packs` WHERE `session` = NEW.`session` AND `first_seq` <= NEW.`seq` ORDER BY `first_seq` DESC LIMIT 1) >= NEW.`seq` BEGIN SELECT RAISE(FAIL, 'history is immutable: events are never replaced'); END;
--> statement-breakpoint
-- For other programs: every event as a row, whichever table holds it.
CREATE VIEW `all_events` AS
SELECT `position`, `id`, `session`, `seq`, `type`, `version`, `kind`, `source_time_us`, `log_time_us`, `producer`, `seed`, `key`, `payload`, `content_digest`, `chain_digest` FROM `events`
UNION ALL
SELECT `first_position` + `at`, `id`, `session`, `first_seq` + `at`, `header` ->> 0, `header` ->> 1, `header` ->> 2, (`envelopes` ->> '$.sourceTimeUs') + (`envelopes` -> '$.sourceOffsetsUs' ->> `at`), (`envelopes` ->> '$.logTimeUs') + (`envelopes` -> '$.logOffsetsUs' ->> `at`), `header` ->> 3, NULL, NULL, substr(`payloads`, `begin` + 1, `end` - `begin`), substr(`digests`, 64 * `at` + 1, 32), substr(`digests`, 64 * `at` + 33, 32)
FROM (SELECT `pack`.*, `each`.`key` AS `at`, `each`.`value` AS `id`, `envelopes` -> '$.headers' -> (`envelopes` -> '$.headerOf' ->> `each`.`key`) AS `header`, iif(`each`.`key` = 0, 0, `envelopes` -> '$.payloadEnds' ->> (`each`.`key` - 1)) AS `begin`, `envelopes` -> '$.payloadEnds' ->> `each`.`key` AS `end` FROM `event_packs` AS `pack`, json_each(`pack`.`envelopes`, '$.ids') AS `each`);
