import { createServiceClient } from "../../remote/serviceClient.ts";
import { createVideoService, type VideoService } from "../../remote/videoService.ts";
import { isUnreadableVideo } from "../derivations/readDreamedVideo.ts";
import { clientOptionsOf, type ConnectOptions } from "./askModel.ts";
import { decodeAnswer } from "./dreamFrames.ts";
import type { VideoSpec } from "./videoSpec.ts";

/** A world model that is asked elsewhere: its videos are effects, and dreams are read in them. */
export interface RemoteWorldModel {
  readonly kind: "remote";
  readonly spec: VideoSpec;
  readonly service: VideoService;
}

/** @throws {DreamlogError} `ARGUMENT_INVALID` for a key that is none. */
export function connectWorldModel(spec: VideoSpec, options: ConnectOptions = {}): RemoteWorldModel {
  const { kind: api, pollMs, jobTimeoutMs, frames, size } = spec;
  const { policy, ...rest } = clientOptionsOf(spec, options);
  const client = createServiceClient({ ...rest, policy: { ...policy, ...videoPolicy } });
  const service = createVideoService({
    ...{ api, client, pollMs, jobTimeoutMs },
    flawOf: async (file) => {
      try {
        await decodeAnswer(file, { frameCount: frames, size });
        return null;
      } catch (error) {
        if (!isUnreadableVideo(error)) throw error;
        return error.message;
      }
    },
    ...(options.sleep === undefined ? {} : { sleep: options.sleep }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  return { kind: "remote", spec, service };
}

/** Videos are large and slow. */
const videoPolicy = { answerBytesMax: 256 * 1024 * 1024, budgetMs: 3_600_000 };
