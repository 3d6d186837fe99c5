import { arms, controlRateHz, type Arm } from "../../src/core/cell.ts";
import type { CellDescription } from "../cellFile/cellSchema.ts";
import { stampOf } from "../commands/wireCommands.ts";
import { openingMaxM } from "../../src/robot/fr3.ts";
import type { CellPicture, CellWorld } from "./cellWorld.ts";
import { cameraInfo } from "./cameraInfo.ts";
import { createFates, type Fate, type Faults } from "./faults.ts";
import { Ledger } from "./ledger.ts";
import { readPoint, readTrajectoryPoint } from "./readCommand.ts";
import { VirtualArm } from "./virtualArm.ts";
import type { ServedTopic, WireServer, WireServerOptions } from "./wireServer.ts";

/** Timers of Node are good to a millisecond or two: each round sends what has become due. */
const roundMs = 2;
const slowRateHz = 30;

export interface VirtualCellOptions {
  /** Names topics, frames and rates; the client reads the same file. */
  readonly description: CellDescription;
  readonly world: CellWorld;
  readonly faults: Faults;
  readonly seed: string;
  readonly port: number;
  readonly nowUs: () => number;
  readonly startServer: (options: WireServerOptions) => Promise<WireServer>;
  /** So long after somebody first listened it falls silent, and what was sent can be counted. */
  readonly publishSeconds: number | null;
}

/** A cell that is not there: it speaks to its clients as a real one would. */
export interface VirtualCell {
  readonly port: number;
  readonly ledger: Ledger;
  close(): Promise<void>;
}

/** One topic's messages, due at a steady rate. */
interface Source {
  readonly served: ServedTopic;
  readonly periodUs: number;
  readonly fate: () => Fate;
  readonly message: (dueUs: number) => object;
  dueUs: number;
}

interface Outgoing {
  readonly served: ServedTopic;
  readonly message: object;
  readonly dueUs: number;
  readonly sendUs: number;
}

export async function startVirtualCell(options: VirtualCellOptions): Promise<VirtualCell> {
  const { description, faults, nowUs, world } = options;
  const startUs = nowUs();
  const bodies: Record<Arm, VirtualArm> = {
    left: new VirtualArm(startUs),
    right: new VirtualArm(startUs),
  };
  const ledger = new Ledger();
  const picture = { now: await world.picture(), isDue: true };
  const sources = sourcesOf(options, bodies, () => picture.now, startUs);
  const answers: { readonly atUs: number; readonly give: () => void }[] = [];
  const server = await options.startServer({
    port: options.port,
    topics: [...sources.map(({ served }) => served), ...relayed(description)],
    requests: requestsOf(options, bodies, answers),
    nowUs,
  });

  const waiting: Outgoing[] = [];
  const accidents = accidentsOf(faults, server, bodies.left);
  /** When the first message went to somebody: faults and the end are counted from there. */
  let heardUs = Infinity;
  const isSilent = (dueUs: number) =>
    options.publishSeconds !== null && dueUs > heardUs + options.publishSeconds * 1e6;
  let worldDueUs = startUs;

  const stepWorld = (now: number) => {
    if (now < worldDueUs || !picture.isDue) return;
    worldDueUs = Math.max(worldDueUs + 1e6 / controlRateHz, now - 1e6 / controlRateHz);
    picture.isDue = false;
    const poseOf = (arm: Arm) => ({
      joints: bodies[arm].jointsAt(now),
      openingM: bodies[arm].openingAt(now),
    });
    world.step({ left: poseOf("left"), right: poseOf("right") });
    void world.picture().then((next) => {
      picture.now = next;
      picture.isDue = true;
    });
  };
  const round = () => {
    const now = nowUs();
    stepWorld(now);
    for (const source of sources) {
      for (; source.dueUs <= now && !isSilent(source.dueUs); source.dueUs += source.periodUs) {
        const dueUs = Math.round(source.dueUs);
        const { isLost, delayUs } = source.fate();
        if (isLost) continue;
        const message = source.message(dueUs);
        waiting.push({ served: source.served, message, dueUs, sendUs: dueUs + delayUs });
      }
    }
    // A stable sort: messages that wait equally long keep their order.
    waiting.sort((a, b) => a.sendUs - b.sendUs);
    const readyCount = waiting.findIndex(({ sendUs }) => sendUs > now);
    for (const { served, message, dueUs } of waiting.splice(
      0,
      readyCount < 0 ? waiting.length : readyCount,
    )) {
      if (server.send(served, message) === 0) continue;
      heardUs = Math.min(heardUs, now);
      ledger.note(served.topic, skewed(dueUs, faults));
    }
    for (const each of answers.filter(({ atUs }) => atUs <= now)) {
      answers.splice(answers.indexOf(each), 1);
      each.give();
    }
    for (const accident of accidents) accident(now, heardUs);
  };
  const timer = setInterval(round, roundMs);

  return {
    port: server.port,
    ledger,
    async close() {
      clearInterval(timer);
      await server.close();
      world.close();
    },
  };
}

/** What clients tell one another through the cell. */
function relayed({ operatorStop }: CellDescription): ServedTopic[] {
  return operatorStop === undefined ? [] : [{ topic: operatorStop, rosType: "std_msgs/msg/Bool" }];
}

function skewed(dueUs: number, { skewMs }: Faults): number {
  return dueUs + skewMs * 1000;
}

function sourcesOf(
  { description, faults, seed }: VirtualCellOptions,
  bodies: Readonly<Record<Arm, VirtualArm>>,
  picture: () => CellPicture,
  startUs: number,
): Source[] {
  const header = (dueUs: number, frame: string) => ({
    stamp: stampOf(skewed(dueUs, faults)),
    frame_id: frame,
  });
  const source = (
    topic: string | undefined,
    type: string,
    rateHz: number,
    message: (dueUs: number) => object,
  ): Source[] =>
    topic === undefined
      ? []
      : [
          {
            served: { topic, rosType: type },
            periodUs: 1e6 / rateHz,
            fate: createFates(faults, seed, topic),
            message,
            dueUs: startUs,
          },
        ];
  const cameras = Object.values(description.cameras).flatMap((camera) => [
    ...(camera.isCompressed
      ? source(camera.image, "sensor_msgs/msg/CompressedImage", camera.rateHz, (dueUs) => ({
          header: header(dueUs, camera.frame),
          format: "jpeg",
          data: picture().jpeg,
        }))
      : source(camera.image, "sensor_msgs/msg/Image", camera.rateHz, (dueUs) => ({
          header: header(dueUs, camera.frame),
          ...rawImage(picture(), "rgb8"),
        }))),
    ...source(camera.depth, "sensor_msgs/msg/Image", camera.rateHz, (dueUs) => ({
      header: header(dueUs, camera.frame),
      ...rawImage(picture(), "16UC1"),
    })),
    ...source(camera.info, "sensor_msgs/msg/CameraInfo", camera.rateHz, (dueUs) => ({
      header: header(dueUs, camera.frame),
      ...cameraInfo,
    })),
  ]);
  return [
    ...cameras,
    ...arms.flatMap((arm) => {
      const { states, stateRateHz, robotState, gripperStates, frame, jointNames } =
        description.arms[arm];
      const body = bodies[arm];
      return [
        ...source(states, "sensor_msgs/msg/JointState", stateRateHz, (dueUs) => ({
          header: header(dueUs, frame),
          name: jointNames,
          position: body.jointsAt(dueUs),
          velocity: body.velocitiesAt(dueUs),
          effort: new Float64Array(jointNames.length),
        })),
        ...source(robotState, "franka_msgs/msg/FrankaRobotState", slowRateHz, (dueUs) => ({
          header: header(dueUs, ""),
          robot_mode: body.modeAt(dueUs),
        })),
        ...source(gripperStates, "sensor_msgs/msg/JointState", slowRateHz, (dueUs) => ({
          header: header(dueUs, ""),
          name: ["fr3_finger_joint1", "fr3_finger_joint2"],
          position: new Float64Array(2).fill(body.openingAt(dueUs) / 2),
          velocity: new Float64Array(2),
          effort: new Float64Array(2),
        })),
      ];
    }),
  ];
}

/** The fields of a sensor_msgs/Image behind its header. */
function rawImage({ widthPx, heightPx, rgb, depthMm }: CellPicture, encoding: "rgb8" | "16UC1") {
  const { buffer, byteOffset, byteLength } = depthMm;
  // Every machine that Node runs on is little-endian.
  const data = encoding === "rgb8" ? rgb : new Uint8Array(buffer, byteOffset, byteLength);
  const step = data.length / heightPx;
  return { height: heightPx, width: widthPx, encoding, is_bigendian: 0, step, data };
}

function requestsOf(
  { description, world, nowUs }: VirtualCellOptions,
  bodies: Readonly<Record<Arm, VirtualArm>>,
  answers: { readonly atUs: number; readonly give: () => void }[],
): WireServerOptions["requests"] {
  return {
    onPublish(topic, message) {
      const now = nowUs();
      if (topic === description.halt) for (const arm of arms) bodies[arm].halt(now);
      for (const arm of arms) {
        const { command } = description.arms[arm];
        if (topic !== command.topic) continue;
        if (command.kind === "joints") {
          const point = readTrajectoryPoint(message);
          if (point === null) bodies[arm].halt(now);
          else bodies[arm].goTo(point.positions, now, point.durationUs);
        } else {
          const from = bodies[arm].jointsAt(now);
          const joints = world.reach(arm, readPoint(message), from);
          if (joints !== null) bodies[arm].goTo(joints, now, 1e6 / controlRateHz);
        }
      }
    },
    onGoal(action, goal, answer) {
      const now = nowUs();
      for (const arm of arms) {
        const { gripper, errorRecovery } = description.arms[arm];
        if (action === errorRecovery) {
          bodies[arm].recover();
          answer(true);
          return;
        }
        if (!action.startsWith(`${gripper}/`)) continue;
        const { width } = goal as { readonly width?: unknown };
        const openingM = action.endsWith("/homing") ? openingMaxM : typeof width === "number" ? width : 0; // prettier-ignore
        const atUs = bodies[arm].moveFingers(openingM, now);
        answers.push({ atUs, give: () => answer(true) });
        return;
      }
      answer(false);
    },
  };
}

/** What happens once at its time. */
function accidentsOf(
  { disconnectAtS, reflexAtS }: Faults,
  server: WireServer,
  arm: VirtualArm,
): ((now: number, heardUs: number) => void)[] {
  const once = (atS: number, happen: (now: number) => void) => {
    let isPast = false;
    return (now: number, heardUs: number) => {
      if (isPast || now < heardUs + atS * 1e6) return;
      isPast = true;
      happen(now);
    };
  };
  return [
    ...disconnectAtS.map((atS) => once(atS, () => server.disconnectAll())),
    ...reflexAtS.map((atS) => once(atS, (now) => arm.reflex(now))),
  ];
}
