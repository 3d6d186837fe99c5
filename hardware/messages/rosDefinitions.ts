import { parse } from "@foxglove/rosmsg";
import { MessageReader, MessageWriter } from "@foxglove/rosmsg2-serialization";
import { DreamlogError } from "../../src/core/errors.ts";

const header = `builtin_interfaces/Time stamp
string frame_id`;
const time = `int32 sec
uint32 nanosec`;
const pose = `geometry_msgs/Point position
geometry_msgs/Quaternion orientation`;

/** Fields of the ROS 2 messages that cells exchange, as common_interfaces defines them. */
const fields: Readonly<Record<string, string>> = {
  "builtin_interfaces/Time": time,
  "builtin_interfaces/Duration": time,
  "std_msgs/Header": header,
  "std_msgs/Bool": "bool data",
  "std_msgs/Empty": "",
  "std_msgs/String": "string data",
  "geometry_msgs/Point": "float64 x\nfloat64 y\nfloat64 z",
  "geometry_msgs/Quaternion": "float64 x\nfloat64 y\nfloat64 z\nfloat64 w",
  "geometry_msgs/Pose": pose,
  "geometry_msgs/PoseStamped": "std_msgs/Header header\ngeometry_msgs/Pose pose",
  "sensor_msgs/JointState": `std_msgs/Header header
string[] name
float64[] position
float64[] velocity
float64[] effort`,
  "sensor_msgs/Image": `std_msgs/Header header
uint32 height
uint32 width
string encoding
uint8 is_bigendian
uint32 step
uint8[] data`,
  "sensor_msgs/CompressedImage": `std_msgs/Header header
string format
uint8[] data`,
  "sensor_msgs/RegionOfInterest": `uint32 x_offset
uint32 y_offset
uint32 height
uint32 width
bool do_rectify`,
  "sensor_msgs/CameraInfo": `std_msgs/Header header
uint32 height
uint32 width
string distortion_model
float64[] d
float64[9] k
float64[9] r
float64[12] p
uint32 binning_x
uint32 binning_y
sensor_msgs/RegionOfInterest roi`,
  "trajectory_msgs/JointTrajectoryPoint": `float64[] positions
float64[] velocities
float64[] accelerations
float64[] effort
builtin_interfaces/Duration time_from_start`,
  "trajectory_msgs/JointTrajectory": `std_msgs/Header header
string[] joint_names
trajectory_msgs/JointTrajectoryPoint[] points`,
};

/** `sensor_msgs/msg/Image` and `sensor_msgs/Image` are one type. */
function shortName(rosType: string): string {
  return rosType.replace("/msg/", "/");
}

/**
 * The definition of a type with those it is made of, as MCAP and the Foxglove protocol carry it
 * (`ros2msg`).
 *
 * @returns undefined for a type that is not among the common ones.
 */
export function definitionOf(rosType: string): string | undefined {
  const own = fields[shortName(rosType)];
  return own === undefined ? undefined : completeDefinition(own);
}

/** @param own - fields of a type; those that are common types get their definitions behind it. */
export function completeDefinition(own: string): string {
  const innerOf = (text: string) => Array.from(text.matchAll(/^(\w+\/\w+)/gm), ([name]) => name);
  const needed = [...new Set(innerOf(own))];
  // The list grows while it is walked.
  for (const name of needed) {
    for (const inner of innerOf(fields[name] ?? "")) {
      if (!needed.includes(inner)) needed.push(inner);
    }
  }
  const parts = needed.map((name) => `${"=".repeat(80)}\nMSG: ${name}\n${fields[name] ?? ""}`);
  return [own, ...parts].join("\n");
}

/**
 * Makes a decoder of CDR bytes.
 *
 * @param definition - text in the `ros2msg` form.
 * @returns a function that throws `MESSAGE_INVALID` for bytes that do not fit the definition.
 * @throws {DreamlogError} `MESSAGE_INVALID` for text that is no definition.
 */
export function createCdrReader(definition: string): (bytes: Uint8Array) => unknown {
  if (definition === "") return () => ({});
  const reader = guarded("a ros2msg definition", () => new MessageReader(parseRos2(definition)));
  return (bytes) => guarded("a CDR message of its definition", () => reader.readMessage(bytes));
}

/** @throws {DreamlogError} `MESSAGE_INVALID` for text that is no definition. */
export function createCdrWriter(definition: string): (message: unknown) => Uint8Array {
  // A message without fields has one byte that says nothing.
  if (definition === "") return () => Uint8Array.of(0, 1, 0, 0, 0);
  const writer = guarded("a ros2msg definition", () => new MessageWriter(parseRos2(definition)));
  return (message) => writer.writeMessage(message);
}

function parseRos2(definition: string) {
  return parse(definition, { ros2: true });
}

function guarded<Result>(expected: string, work: () => Result): Result {
  try {
    return work();
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : String(cause);
    throw new DreamlogError(
      "MESSAGE_INVALID",
      `expected ${expected}, found: ${found}`,
      { expected, found },
      cause,
    );
  }
}
