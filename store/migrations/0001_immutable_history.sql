CREATE TRIGGER `events_never_change` BEFORE UPDATE ON `events` BEGIN SELECT RAISE(ABORT, 'history is immutable: events are never updated'); END;
--> statement-breakpoint
CREATE TRIGGER `events_never_vanish` BEFORE DELETE ON `events` BEGIN SELECT RAISE(ABORT, 'history is immutable: events are never deleted'); END;
--> statement-breakpoint
CREATE TRIGGER `events_never_replaced` BEFORE INSERT ON `events` WHEN EXISTS (SELECT 1 FROM `events` WHERE `position` = NEW.`position` OR `id` = NEW.`id` OR (`session` = NEW.`session` AND `seq` = NEW.`seq`)) BEGIN SELECT RAISE(ABORT, 'history is immutable: events are never replaced'); END;
--> statement-breakpoint
CREATE TRIGGER `causes_never_change` BEFORE UPDATE ON `causes` BEGIN SELECT RAISE(ABORT, 'history is immutable: causes are never updated'); END;
--> statement-breakpoint
CREATE TRIGGER `causes_never_vanish` BEFORE DELETE ON `causes` BEGIN SELECT RAISE(ABORT, 'history is immutable: causes are never deleted'); END;
--> statement-breakpoint
CREATE TRIGGER `causes_never_replaced` BEFORE INSERT ON `causes` WHEN EXISTS (SELECT 1 FROM `causes` WHERE `event` = NEW.`event` AND `ordinal` = NEW.`ordinal`) BEGIN SELECT RAISE(ABORT, 'history is immutable: causes are never replaced'); END;
--> statement-breakpoint
CREATE TRIGGER `producers_never_change` BEFORE UPDATE ON `producers` BEGIN SELECT RAISE(ABORT, 'history is immutable: producers are never updated'); END;
--> statement-breakpoint
CREATE TRIGGER `producers_never_vanish` BEFORE DELETE ON `producers` BEGIN SELECT RAISE(ABORT, 'history is immutable: producers are never deleted'); END;
--> statement-breakpoint
CREATE TRIGGER `producers_never_replaced` BEFORE INSERT ON `producers` WHEN EXISTS (SELECT 1 FROM `producers` WHERE `number` = NEW.`number` OR `digest` = NEW.`digest`) BEGIN SELECT RAISE(ABORT, 'history is immutable: producers are never replaced'); END;
--> statement-breakpoint
CREATE TRIGGER `sessions_never_change` BEFORE UPDATE ON `sessions` BEGIN SELECT RAISE(ABORT, 'history is immutable: sessions are never updated'); END;
--> statement-breakpoint
CREATE TRIGGER `sessions_never_vanish` BEFORE DELETE ON `sessions` BEGIN SELECT RAISE(ABORT, 'history is immutable: sessions are never deleted'); END;
--> statement-breakpoint
CREATE TRIGGER `sessions_never_replaced` BEFORE INSERT ON `sessions` WHEN EXISTS (SELECT 1 FROM `sessions` WHERE `number` = NEW.`number` OR `id` = NEW.`id`) BEGIN SELECT RAISE(ABORT, 'history is immutable: sessions are never replaced'); END;
--> statement-breakpoint
CREATE TRIGGER `blobs_never_change` BEFORE UPDATE ON `blobs` BEGIN SELECT RAISE(ABORT, 'history is immutable: blobs are never updated'); END;
--> statement-breakpoint
CREATE TRIGGER `blobs_never_vanish` BEFORE DELETE ON `blobs` BEGIN SELECT RAISE(ABORT, 'history is immutable: blobs are never deleted'); END;
--> statement-breakpoint
CREATE TRIGGER `blobs_never_replaced` BEFORE INSERT ON `blobs` WHEN EXISTS (SELECT 1 FROM `blobs` WHERE `digest` = NEW.`digest`) BEGIN SELECT RAISE(ABORT, 'history is immutable: blobs are never replaced'); END;
