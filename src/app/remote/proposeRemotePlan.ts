import { DreamlogError } from "../../core/errors.ts";
import type { StoredEvent } from "../../events/envelope.ts";
import type { PayloadOf } from "../../events/eventDefinition.ts";
import type { marksDrawn } from "../../events/perception.ts";
import type { promptComposed } from "../../events/planning.ts";
import { readPlan, roundsMax, roundsNeeded } from "../../planning/vlm/vlmPlan.ts";
import { composePlanQuestion, planQuestionProducer } from "../derivations/composePlanQuestion.ts";
import { deriveBy } from "../derivations/deriveBy.ts";
import { drawKeypoints, marksProducer } from "../derivations/drawKeypoints.ts";
import { answeredPlanProducer, readAnsweredPlan, tellUnreadablePlan } from "../derivations/readAnsweredPlan.ts"; // prettier-ignore
import type { CameraEvent, PlanEvent } from "../dreamCandidates.ts";
import type { ObservedScene } from "../observe.ts";
import type { SessionRecorder } from "../sessionRecorder.ts";
import { startAsking, type AnswerEvent, type NamedQuestion, type RemoteModel } from "./askModel.ts";

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
  const scene = {
    current: start.keypoints.payload.points,
    goal: goal.keypoints.payload.points,
  };
  const { candidateCount: wanted } = prompt.payload;
  const { spec } = model;
  const requestIn = (round: number) =>
    deriveBy(
      recorder,
      composePlanQuestion,
      {
        name: `plan/request/${round}`,
        producer: planQuestionProducer({ ...spec, round }),
        causes: [prompt, ...marks, start.keypoints, goal.keypoints],
        seed,
      },
      {},
    );
  const answers: AnswerEvent[] = [];
  const read = () =>
    readPlan(
      answers.map(({ payload }) => payload.answer),
      scene,
      wanted,
    );
  const most = roundsMax(spec, wanted);
  for (let round = 0; round < most;) {
    // As many at a time as are needed in any case, so that none is asked for nothing.
    const count = Math.min(roundsNeeded(spec, wanted, read()), most - round);
    if (count === 0) break;
    const questions: NamedQuestion[] = [];
    for (const last = round + count; round < last; round++) {
      questions.push({ name: `plan/answer/${round}`, request: await requestIn(round) });
    }
    const given = await startAsking(recorder, model, questions).finish();
    answers.push(...given.filter((answer) => answer !== null));
    // Further questions differ in their seeds only: they would be refused as well.
    if (given.includes(null)) break;
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

function refused(url: string): DreamlogError {
  return new DreamlogError(
    "REMOTE_REFUSED",
    `${url}: expected an answer to a plan's question, found that the server refuses it; the log holds why, under remote.requestFailed`,
    { url },
  );
}
