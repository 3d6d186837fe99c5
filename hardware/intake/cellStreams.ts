import { arms, type Arm } from "../../src/core/cell.ts";
import type { CellDescription } from "../cellFile/cellSchema.ts";
import type { Expectation } from "../messages/readMessage.ts";

/** One topic of the cell that is recorded. */
export interface CellStream {
  /** Such as `top/image` or `left/states`: names it in events. */
  readonly name: string;
  readonly topic: string;
  readonly expectation: Expectation;
  /** Messages a second; null when it has no steady rate. */
  readonly rateHz: number | null;
  readonly arm: Arm | null;
  readonly camera: string | null;
  /** Of the camera that planning looks through: the gate wants its pictures fresh. */
  readonly isLeading: boolean;
}

const jointState = "sensor_msgs/msg/JointState";
const anything = { frame: null, jointNames: null } as const;

/** Everything a cell file subscribes to, in a fixed order. */
export function streamsOf(description: CellDescription): readonly CellStream[] {
  const { cameras, operatorStop } = description;
  const streams = [
    ...Object.entries(cameras).flatMap(([name, camera], at) =>
      cameraStreams(name, camera, at === 0),
    ),
    ...arms.flatMap((arm) => armStreams(arm, description.arms[arm])),
  ];
  if (operatorStop !== undefined) {
    streams.push(loose("operatorStop", operatorStop, "std_msgs/msg/Bool"));
  }
  return streams;
}

function loose(name: string, topic: string, rosType: string): CellStream {
  return {
    name,
    topic,
    expectation: { rosType, ...anything },
    rateHz: null,
    arm: null,
    camera: null,
    isLeading: false,
  };
}

function cameraStreams(
  name: string,
  camera: CellDescription["cameras"][string],
  isLeading: boolean,
): CellStream[] {
  const { frame, rateHz, image, info, depth, isCompressed } = camera;
  const imageType = `sensor_msgs/msg/${isCompressed ? "CompressedImage" : "Image"}`;
  const stream = (part: string, topic: string, rosType: string): CellStream => ({
    ...loose(`${name}/${part}`, topic, rosType),
    expectation: { rosType, frame, jointNames: null },
    rateHz,
    camera: name,
  });
  const streams: CellStream[] = [{ ...stream("image", image, imageType), isLeading }];
  if (info !== undefined) streams.push(stream("info", info, "sensor_msgs/msg/CameraInfo"));
  if (depth !== undefined) streams.push(stream("depth", depth, "sensor_msgs/msg/Image"));
  return streams;
}

function armStreams(arm: Arm, described: CellDescription["arms"][Arm]): CellStream[] {
  const { states, stateRateHz, robotState, gripperStates, frame, jointNames } = described;
  const streams: CellStream[] = [
    {
      ...loose(`${arm}/states`, states, jointState),
      expectation: { rosType: jointState, frame, jointNames },
      rateHz: stateRateHz,
      arm,
    },
  ];
  if (robotState !== undefined) {
    const type = "franka_msgs/msg/FrankaRobotState";
    streams.push({ ...loose(`${arm}/robotState`, robotState, type), arm });
  }
  if (gripperStates !== undefined) {
    streams.push({ ...loose(`${arm}/gripper`, gripperStates, jointState), arm });
  }
  return streams;
}
