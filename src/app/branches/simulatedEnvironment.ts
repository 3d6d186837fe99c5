import type { Task } from "../../core/cell.ts";
import { digestBytes } from "../../core/digest.ts";
import { DreamlogError } from "../../core/errors.ts";
import type { Position, SessionId } from "../../events/envelope.ts";
import { jointCommandsSent } from "../../events/environment.ts";
import type { PayloadOf } from "../../events/eventDefinition.ts";
import { decodeImage, encodeImage } from "../../media/imageFormat.ts";
import type { Environment, Scene } from "../../ports/environment.ts";
import type { EventLog } from "../../ports/eventLog.ts";
import { carryOut, scoreFinalState } from "../carryOut.ts";
import type { FrameEvent } from "../derivations/segmentMask.ts";
import type { BranchEnvironment } from "./rollOut.ts";

/**
 * The simulator as the environment. It has no other way to a logged state than to live through what
 * led there: the start that the session names, then every command that the log says was sent. The
 * picture of where it gets is held against the logged one.
 */
export function createSimulatedEnvironment(
  environment: Environment,
  log: EventLog,
  start: { readonly task: Task; readonly seed: string },
): BranchEnvironment {
  /** Where the cell stands: after the event at this position. */
  let standsAt: Position | null = null;

  return {
    name: "sim",
    async prepare(session, upto, observation) {
      if (observation.kind === "dreamed") {
        throw unreachable(
          session,
          "a state that a world model dreamed and the simulator never had",
        );
      }
      if (standsAt === upto.position) return;
      await environment.reset(start);
      for (const trajectory of await commandsUpTo(log, session, upto.position)) {
        await drain(environment.execute(trajectory));
      }
      await requireSamePicture(session, observation.frame, await environment.observe());
    },
    async act(recorder, { task, goal, chosen }) {
      const { final } = await carryOut(recorder, environment, chosen.primitive);
      if (final === null) return { next: null, distanceM: null, score: null };
      const { truth } = await environment.observe();
      standsAt = final.position;
      const outcome = truth === null ? null : await scoreFinalState(recorder, task, goal, truth);
      return {
        next: { observation: { kind: "frame", frame: final }, fork: final },
        distanceM: outcome?.payload.errorM ?? null,
        score: outcome?.payload.score ?? null,
      };
    },
  };
}

/** Lets the cell run to the end; only the state it leaves behind is wanted. */
async function drain(samples: AsyncIterable<unknown>): Promise<void> {
  const iterator = samples[Symbol.asyncIterator]();
  while ((await iterator.next()).done !== true);
}

/** Every command of a session and of what it shares, in the order they were sent. */
async function commandsUpTo(log: EventLog, session: SessionId, uptoPosition: Position) {
  const sent = await log.read({ session, types: [jointCommandsSent.type], uptoPosition });
  return sent.map(({ payload }) => payload as PayloadOf<typeof jointCommandsSent>);
}

/** @throws {DreamlogError} `STATE_UNREACHABLE`. */
async function requireSamePicture(
  session: SessionId,
  frame: FrameEvent,
  { image }: Scene,
): Promise<void> {
  const found = digestBytes((await decodeImage(await encodeImage(image, "image/jpeg"))).pixels);
  if (found === frame.payload.image.decoded) return;
  throw unreachable(
    session,
    `another picture than the logged one after living through its start and commands, so it was another cell or another version of this one`,
  );
}

function unreachable(session: SessionId, found: string): DreamlogError {
  return new DreamlogError(
    "STATE_UNREACHABLE",
    `session ${session}: expected a state that the simulator can be brought to, found ${found}; go on in the world model (--env world-model)`,
    { session },
  );
}
