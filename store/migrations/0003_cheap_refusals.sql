-- FAIL in place of ABORT: the row is refused all the same, and SQLite no longer copies every page
-- of an insert for taking the statement back. One seek per key in place of a scan for their OR.
DROP TRIGGER `events_never_replaced`;
--> statement-breakpoint
CREATE TRIGGER `events_never_replaced` BEFORE INSERT ON `events` WHEN EXISTS (SELECT 1 FROM `events` WHERE `position` = NEW.`position`) OR EXISTS (SELECT 1 FROM `events` WHERE `id` = NEW.`id`) OR EXISTS (SELECT 1 FROM `events` WHERE `session` = NEW.`session` AND `seq` = NEW.`seq`) BEGIN SELECT RAISE(FAIL, 'history is immutable: events are never replaced'); END;
--> statement-breakpoint
DROP TRIGGER `causes_never_replaced`;
--> statement-breakpoint
CREATE TRIGGER `causes_never_replaced` BEFORE INSERT ON `causes` WHEN EXISTS (SELECT 1 FROM `causes` WHERE `event` = NEW.`event` AND `ordinal` = NEW.`ordinal`) BEGIN SELECT RAISE(FAIL, 'history is immutable: causes are never replaced'); END;
--> statement-breakpoint
DROP TRIGGER `producers_never_replaced`;
--> statement-breakpoint
CREATE TRIGGER `producers_never_replaced` BEFORE INSERT ON `producers` WHEN EXISTS (SELECT 1 FROM `producers` WHERE `number` = NEW.`number`) OR EXISTS (SELECT 1 FROM `producers` WHERE `digest` = NEW.`digest`) BEGIN SELECT RAISE(FAIL, 'history is immutable: producers are never replaced'); END;
--> statement-breakpoint
DROP TRIGGER `sessions_never_replaced`;
--> statement-breakpoint
CREATE TRIGGER `sessions_never_replaced` BEFORE INSERT ON `sessions` WHEN EXISTS (SELECT 1 FROM `sessions` WHERE `number` = NEW.`number`) OR EXISTS (SELECT 1 FROM `sessions` WHERE `id` = NEW.`id`) BEGIN SELECT RAISE(FAIL, 'history is immutable: sessions are never replaced'); END;
--> statement-breakpoint
DROP TRIGGER `blobs_never_replaced`;
--> statement-breakpoint
CREATE TRIGGER `blobs_never_replaced` BEFORE INSERT ON `blobs` WHEN EXISTS (SELECT 1 FROM `blobs` WHERE `digest` = NEW.`digest`) BEGIN SELECT RAISE(FAIL, 'history is immutable: blobs are never replaced'); END;
