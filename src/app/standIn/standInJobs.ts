import type { SentFile } from "../../remote/videoRequest.ts";

/** Videos that are made in the background; asking again under a key that is known makes none. */
export interface StandInJobs {
  submit(key: string, make: () => Promise<SentFile>): StandInJob;
  /** @returns undefined for a job that nobody handed in, or that was forgotten. */
  find(job: string): StandInJob | undefined;
  forgetAll(): void;
  /** Videos made, which a paying service would have charged for. */
  made(): number;
}

export interface StandInJob {
  readonly id: string;
  readonly status: () => "in_progress" | "completed" | "failed";
  /** Rejects when it could not be made. */
  readonly video: Promise<SentFile>;
  readonly complaint: () => string;
}

export function createStandInJobs(): StandInJobs {
  const byKey = new Map<string, StandInJob>();
  let count = 0;
  return {
    submit(key, make) {
      const known = byKey.get(key);
      if (known !== undefined) return known;
      const job = startJob(`video-${count++}`, make());
      byKey.set(key, job);
      return job;
    },
    find: (id) => [...byKey.values()].find((job) => job.id === id),
    forgetAll: () => byKey.clear(),
    made: () => count,
  };
}

function startJob(id: string, video: Promise<SentFile>): StandInJob {
  let status: ReturnType<StandInJob["status"]> = "in_progress";
  let complaint = "";
  video.then(
    () => (status = "completed"),
    (error: unknown) => {
      status = "failed";
      complaint = error instanceof Error ? error.message : String(error);
    },
  );
  return { id, video, status: () => status, complaint: () => complaint };
}
