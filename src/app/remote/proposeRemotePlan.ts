import { actionSpaceOf } from "../../core/actionSpace.ts";
import { DreamlogError } from "../../core/errors.ts";
import type { StoredEvent } from "../../events/envelope.ts";
import type { PayloadOf } from "../../events/eventDefinition.ts";
import type { marksDrawn } from "../../events/perception.ts";
import type { promptComposed } from "../../events/planning.ts";
import { planQuestion, readPlan, roundsMax } from "../../planning/vlm/vlmPlan.ts";
import type { ChatPicture } from "../../remote/chat.ts";
import { deriveBy } from "../derivations/deriveBy.ts";
import { drawKeypoints, marksProducer } from "../derivations/drawKeypoints.ts";
import { answeredPlanProducer, readAnsweredPlan, tellUnreadablePlan } from "../derivations/readAnsweredPlan.ts"; // prettier-ignore
import type { CameraEvent, PlanEvent } from "../dreamCandidates.ts";
import type { ObservedScene } from "../observe.ts";
import type { SessionRecorder } from "../sessionRecorder.ts";
import { askModel, type AnswerEvent, type RemoteModel } from "./askModel.ts";

/** What a model that looks is shown. */
export type SeenScene = Pick<ObservedScene, "frame" | "keypoints">;

/**
 * Asks a vision-language model for K distinct moves: again, with other seeds, while it has named
 * fewer and the rounds last. Every answer is an effect; the plan is derived from them.
 *
 * @returns a plan of as many distinct moves as were read, at least one, K at most.
 * @throws {DreamlogError} `ANSWER_INVALID` when no answer could be read, which is then an event;
 *   `REMOTE_UNAVAILABLE`, `REMOTE_REFUSED`.
 */
export async function proposeRemotePlan(
  recorder: SessionRecorder,
  model: RemoteModel,
  request: {
    readonly prompt: StoredEvent<PayloadOf<typeof promptComposed>>;
    readonly start: SeenScene;
    readonly goal: SeenScene;
    readonly camera: CameraEvent;
    readonly seed: string;
  },
): Promise<PlanEvent> {
  const { prompt, start, goal, camera, seed } = request;
  const marks = [
    await markScene(recorder, "start", start),
    await markScene(recorder, "goal", goal),
  ];
  const pictures = await Promise.all(marks.map((marked) => pictureOf(recorder, marked)));
  const scene = {
    current: start.keypoints.payload.points,
    goal: goal.keypoints.payload.points,
  };
  const { text, candidateCount: wanted } = prompt.payload;
  const { spec } = model;
  const answers: AnswerEvent[] = [];
  const read = () =>
    readPlan(
      answers.map(({ payload }) => payload.answer),
      scene,
      wanted,
    );
  for (let round = 0; round < roundsMax(spec, wanted); round++) {
    const question = planQuestion(
      { prompt: text, pictures, space: actionSpaceOf(scene), wanted, seed, round },
      spec,
    );
    const causes = [prompt, ...marks];
    const answer = await askModel(recorder, model, `plan/answer/${round}`, question, causes);
    // The next question differs in its seed only: it would be refused as well.
    if (answer === null) break;
    answers.push(answer);
    const { candidates, readCount } = read();
    if (candidates.length >= wanted && readCount >= spec.votes) break;
  }
  if (answers.length === 0) throw refused(spec.url);
  const step = {
    producer: answeredPlanProducer,
    causes: [prompt, start.keypoints, goal.keypoints, camera, ...answers],
  };
  if (read().candidates.length === 0) {
    await deriveBy(recorder, tellUnreadablePlan, { name: "plan/unreadable", ...step }, {});
  }
  return deriveBy(recorder, readAnsweredPlan, { name: "plan", ...step }, {});
}

/** The frame with its numbered keypoints, as an event of its own. */
function markScene(
  recorder: SessionRecorder,
  name: "start" | "goal",
  { frame, keypoints }: SeenScene,
): Promise<StoredEvent<PayloadOf<typeof marksDrawn>>> {
  const step = { name: `${name}/marks`, producer: marksProducer, causes: [frame, keypoints] };
  return deriveBy(recorder, drawKeypoints, step, { media: recorder.media });
}

async function pictureOf(
  recorder: SessionRecorder,
  { payload }: StoredEvent<PayloadOf<typeof marksDrawn>>,
): Promise<ChatPicture> {
  const { digest, mediaType } = payload.image.blob;
  return { mediaType, bytes: await recorder.blobs.get(digest) };
}

function refused(url: string): DreamlogError {
  return new DreamlogError(
    "REMOTE_REFUSED",
    `${url}: expected an answer to a plan's question, found that the server refuses it; the log holds why, under remote.requestFailed`,
    { url },
  );
}
