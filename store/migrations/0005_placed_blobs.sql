CREATE TABLE `placed_blobs` (
	`digest` blob PRIMARY KEY NOT NULL,
	`media_type` text NOT NULL,
	`segment` integer NOT NULL,
	`offset_bytes` integer NOT NULL,
	`length_bytes` integer NOT NULL
);
--> statement-breakpoint
CREATE TRIGGER `placed_blobs_never_change` BEFORE UPDATE ON `placed_blobs` BEGIN SELECT RAISE(ABORT, 'history is immutable: blobs are never updated'); END;
--> statement-breakpoint
CREATE TRIGGER `placed_blobs_never_vanish` BEFORE DELETE ON `placed_blobs` BEGIN SELECT RAISE(ABORT, 'history is immutable: blobs are never deleted'); END;
--> statement-breakpoint
CREATE TRIGGER `placed_blobs_never_replaced` BEFORE INSERT ON `placed_blobs` WHEN EXISTS (SELECT 1 FROM `placed_blobs` WHERE `digest` = NEW.`digest`) BEGIN SELECT RAISE(FAIL, 'history is immutable: blobs are never replaced'); END;
