CREATE TABLE `tail` (
	`one` integer PRIMARY KEY NOT NULL,
	`position` integer NOT NULL,
	`chain_digest` blob
);
--> statement-breakpoint
INSERT INTO `tail` SELECT 1, coalesce(max(`position`), 0), (SELECT `chain_digest` FROM `events` ORDER BY `position` DESC LIMIT 1) FROM `events`;
--> statement-breakpoint
CREATE TRIGGER `tail_never_moves_back` BEFORE UPDATE ON `tail` WHEN NEW.`one` <> OLD.`one` OR NEW.`position` < OLD.`position` BEGIN SELECT RAISE(ABORT, 'history is immutable: the end of the log never moves back'); END;
--> statement-breakpoint
CREATE TRIGGER `tail_never_vanishes` BEFORE DELETE ON `tail` BEGIN SELECT RAISE(ABORT, 'history is immutable: the end of the log is never deleted'); END;
--> statement-breakpoint
CREATE TRIGGER `tail_never_replaced` BEFORE INSERT ON `tail` WHEN EXISTS (SELECT 1 FROM `tail`) BEGIN SELECT RAISE(FAIL, 'history is immutable: the end of the log is never replaced'); END;
