import { beginScene } from "../../../src/app/beginScene.ts";
import { connectModel, type RemoteModel } from "../../../src/app/remote/askModel.ts";
import { parseOpenAiSpec } from "../../../src/app/remote/openAiSpec.ts";
import { exactProducer } from "../../../src/app/producers.ts";
import { recorderFor, startSession } from "../../../src/app/sessionLifecycle.ts";
import type { SessionRecorder } from "../../../src/app/sessionRecorder.ts";
import { cropSidePx, cropWindow, topCamera } from "../../../src/core/cell.ts";
import { createRgbImage, type Box } from "../../../src/core/image.ts";
import { createRandom } from "../../../src/core/random.ts";
import { dreamImagined } from "../../../src/events/dreaming.ts";
import { stackFrames } from "../../../src/media/frameStack.ts";
import { createColourSegmenter } from "../../../src/perception/colourSegmenter.ts";
import type { Environment, Scene } from "../../../src/ports/environment.ts";
import type { OpenLog } from "../../../store/openLog.ts";

const window = cropWindow(topCamera);
const centre = { x: window.x + window.width / 2, y: window.y + window.height / 2 };
const table = createRandom("table");
const tableGrey = Uint8Array.from(
  { length: topCamera.widthPx * topCamera.heightPx * 3 },
  () => 150 + table.index(30),
);

/** A red block on a table. */
function sceneWith(block: Box): Scene {
  const image = createRgbImage(topCamera.widthPx, topCamera.heightPx, tableGrey.slice());
  for (let y = block.y; y < block.y + block.height; y++) {
    for (let x = block.x; x < block.x + block.width; x++) {
      image.pixels.set([200, 30, 40], 3 * (y * image.widthPx + x));
    }
  }
  const { x, y, width, height } = block;
  return {
    image,
    box: { x: x - 10, y: y - 10, width: width + 20, height: height + 20 },
    truth: null,
  };
}

/** A session that has observed its start and its goal. */
export async function observedSession(open: OpenLog, session: string) {
  const recorder = recorderFor({ open }, session);
  const start = sceneWith({ x: centre.x - 60, y: centre.y - 30, width: 90, height: 60 });
  const goal = sceneWith({ x: centre.x - 60, y: centre.y + 60, width: 90, height: 60 });
  const environment: Pick<Environment, "camera" | "reset"> = {
    camera: topCamera,
    reset: () => Promise.resolve({ start, goal }),
  };
  await startSession(recorder, { purpose: "test", task: "toy", seed: "0", settings: {} });
  const testbed = { environment, segmenter: createColourSegmenter() };
  const scene = await beginScene(recorder, testbed, { task: "toy", startSeed: "0" });
  return { recorder, scene };
}

/** Dreams in which a block ends so many pixels below the crop's middle. */
export function recordDreams(recorder: SessionRecorder, offsetsPx: readonly number[]) {
  return Promise.all(
    offsetsPx.map((offset, candidate) =>
      recorder.derived(
        `candidate/${candidate}/dream`,
        dreamImagined,
        { producer: exactProducer("test.dream", 1), causes: [], seed: String(offset) },
        async () => {
          const frame = new Uint8Array(cropSidePx * cropSidePx * 3).fill(255);
          for (let y = 28 + offset; y < 36 + offset; y++) {
            for (let x = 24; x < 37; x++) frame.set([200, 30, 40], 3 * (y * cropSidePx + x));
          }
          const frames = stackFrames({
            widthPx: cropSidePx,
            heightPx: cropSidePx,
            fps: 2,
            frames: [frame, frame, frame, frame],
          });
          const stored = await recorder.media.storeImage(frames, "image/qoi");
          return { candidate, samplingSteps: 1, frames: stored };
        },
      ),
    ),
  );
}

/** A model under a spec's options, without pauses between attempts. */
export function modelAt(
  url: string,
  options = "",
  environment: Readonly<Record<string, string>> = {},
): RemoteModel {
  const spec = parseOpenAiSpec("planner", `openai:${url}?model=stand-in${options}`);
  return connectModel(spec, { environment, sleep: () => Promise.resolve() });
}
