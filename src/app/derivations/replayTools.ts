import { DreamlogError } from "../../core/errors.ts";
import { loadWorldModel } from "../../dreaming/worldModel.ts";
import type { Producer } from "../../events/envelope.ts";
import { trainPolicy } from "../../learning/trainPolicy.ts";
import { trainWorldModel } from "../../learning/trainWorldModel.ts";
import type { MediaShelf } from "../../media/mediaShelf.ts";
import { createColourSegmenter } from "../../perception/colourSegmenter.ts";
import { createKeypointPolicy } from "../../planning/keypointPolicy.ts";
import { createMatcherPlanner } from "../../planning/matcherPlanner.ts";
import type { OracleSearch } from "../../planning/oraclePlanner.ts";
import { createRandomPlanner } from "../../planning/randomPlanner.ts";
import type { BlobStore } from "../../ports/blobStore.ts";
import type { EventLog } from "../../ports/eventLog.ts";
import type { Planner } from "../../ports/planner.ts";
import type { WorldModel } from "../../ports/worldModel.ts";
import { createArmKinematics, type ArmKinematics } from "../../robot/armKinematics.ts";
import { createSimulatedCell, type SimulatedCell } from "../../sim/simulatedCell.ts";
import { loadSegmenter, segmenterSpecOf, type AnySegmenter } from "../segmenterSpec.ts";
import { createSimulatorOracle } from "../simulatorOracle.ts";
import { adapterName, createPlannerCheckpoints, judgeOf } from "./adaptersByProducer.ts";
import { createMaskFollower, type MaskFollower } from "./followMask.ts";
import { createLazyShelf } from "./lazyShelf.ts";
import type { DerivationTools } from "./registry.ts";
import type { BegunTrack } from "./segmentMask.ts";

/** Tracks followed at a time: sessions that several threads recorded side by side interleave. */
const keptTracks = 8;
/** Models of a kind in memory at a time: an evaluation asks five planners in turn. */
const keptModels = 8;

export interface ReplayTools extends DerivationTools {
  close(): Promise<void>;
}

/**
 * The embedded components as the producers of a log name them, each built when it is first asked for.
 *
 * @param options.blobs - stores nothing: what a rule would put into it is only named.
 * @param options.media - stores nothing either.
 * @param options.onTraining - called now and then while a training runs; may throw to end it.
 */
export function createReplayTools(options: {
  readonly log: Pick<EventLog, "read">;
  readonly blobs: BlobStore;
  readonly media: MediaShelf;
  readonly onTraining?: () => void;
}): ReplayTools {
  const { log, blobs, media, onTraining = () => undefined } = options;
  const colourSegmenter = createColourSegmenter();
  const checkpointWith = createPlannerCheckpoints(log, blobs);
  const arms = createLazyShelf<ArmKinematics>(1, (each) => each.close());
  const cells = createLazyShelf<SimulatedCell>(1, (cell) => cell.close());
  const tracks = createLazyShelf<BegunTrack>(keptTracks);
  const planners = createLazyShelf<Planner & { release?(): Promise<void> }>(keptModels, (planner) =>
    planner.release?.(),
  );
  const followers = createLazyShelf<{ follower: MaskFollower; segmenter: AnySegmenter }>(
    keptModels,
    ({ segmenter }) => segmenter.release?.(),
  );
  const worldModels = createLazyShelf<WorldModel>(keptModels, (model) => model.close());
  const kinematics = () => arms.get("both", createArmKinematics);

  const buildPlanner = async ({ component, config, model }: Producer): Promise<Planner> => {
    switch (component) {
      case "planning.randomPlanner":
        return createRandomPlanner();
      case "planning.matcherPlanner":
        return createMatcherPlanner();
      case "planning.keypointPolicy": {
        const { temperature } = config as { readonly temperature: number };
        return createKeypointPolicy({ checkpoint: await checkpointWith(model), temperature });
      }
      case "planning.oraclePlanner": {
        const { search } = config as { readonly search: OracleSearch };
        // The oracle looks at states only, so no camera catches any motion.
        const motionFrames = { fractions: [] };
        const environment = await cells.get("cell", () => createSimulatedCell({ motionFrames }));
        return createSimulatorOracle({ environment, kinematics: await kinematics(), search });
      }
      default:
        throw new DreamlogError("ARGUMENT_INVALID", `expected a planner of this program, found ${component}`); // prettier-ignore
    }
  };
  const buildWorldModel = async ({ config, model }: Producer): Promise<WorldModel> => {
    if (model === null) throw new DreamlogError("BLOB_MISSING", "expected weights of a world model, found none"); // prettier-ignore
    const { samplingSteps } = config as { readonly samplingSteps: number };
    return loadWorldModel({ checkpoint: await blobs.get(model), samplingSteps });
  };
  return {
    media,
    blobs,
    segmenter: colourSegmenter,
    kinematics,
    beginTrack: (frame, box) =>
      tracks.get(`${frame.contentDigest} ${box.contentDigest}`, async () =>
        colourSegmenter.begin(await media.loadImage(frame.payload.image), box.payload.box),
      ),
    async followerOf(producer) {
      const { follower } = await followers.get(adapterName(producer), async () => {
        const segmenter = await loadSegmenter(segmenterSpecOf(producer));
        return { segmenter, follower: createMaskFollower(segmenter, { media, blobs }) };
      });
      return follower;
    },
    plannerOf: (producer) => planners.get(adapterName(producer), () => buildPlanner(producer)),
    judgeOf,
    worldModelOf: (producer) =>
      worldModels.get(adapterName(producer), () => buildWorldModel(producer)),
    trainPolicy: (job) => trainPolicy({ ...job, onProgress: onTraining }),
    trainWorldModel: (job) => trainWorldModel({ ...job, onProgress: onTraining }),
    async close() {
      for (const shelf of [planners, followers, worldModels, cells, arms]) await shelf.clear();
    },
  };
}
