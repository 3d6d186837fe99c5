import { DreamlogError, isDreamlogError } from "../../src/core/errors.ts";
import type { Header, ImageReading, JointStatesReading, Reading } from "./reading.ts";

/** Largest side of a picture, pixels: what a header may claim before it is taken for damage. */
const sideMaxPx = 16_384;

const bytesPerPixel = { rgb8: 3, bgr8: 3, mono8: 1, "16UC1": 2 } as const;
type RawFormat = keyof typeof bytesPerPixel;

type Fields = Readonly<Record<string, unknown>>;

const anyFrame = { frame: null };

/** What a subscriber expects of a stream's messages. */
export interface Expectation {
  /** ROS 2 name, such as `sensor_msgs/msg/JointState`. */
  readonly rosType: string;
  /** `header.frame_id`; any when null. */
  readonly frame: string | null;
  /** Names of the wanted joints, in the wanted order; null for joint states of a gripper. */
  readonly jointNames: readonly string[] | null;
}

/**
 * Reads a message that JSON, CBOR or CDR was decoded to.
 *
 * @throws {DreamlogError} `MESSAGE_INVALID` for a field that is missing, of a wrong type, out of range
 *   or not finite, and for another frame than expected.
 */
export function readMessage(message: unknown, expectation: Expectation): Reading {
  const fields = objectAt(message, "(root)");
  switch (expectation.rosType) {
    case "sensor_msgs/msg/CompressedImage":
      return readCompressedImage(fields, headerOf(fields, expectation));
    case "sensor_msgs/msg/Image":
      return readImage(fields, headerOf(fields, expectation));
    case "sensor_msgs/msg/JointState":
      return expectation.jointNames === null
        ? readFingers(fields, headerOf(fields, expectation))
        : readJointStates(fields, headerOf(fields, expectation), expectation.jointNames);
    case "sensor_msgs/msg/CameraInfo":
      return readCameraInfo(fields, headerOf(fields, expectation));
    case "franka_msgs/msg/FrankaRobotState":
      return {
        kind: "robotState",
        header: headerOf(fields, expectation),
        mode: wholeAt(fields["robot_mode"], "robot_mode", 255),
      };
    case "std_msgs/msg/Bool":
      if (typeof fields["data"] !== "boolean") throw wrong("data", "true or false", fields["data"]);
      return { kind: "operatorStop", isStopped: fields["data"] };
    default:
      return {
        kind: "other",
        header: looseHeader(fields),
      };
  }
}

function headerOf(fields: Fields, { frame: expected }: Pick<Expectation, "frame">): Header {
  const header = objectAt(fields["header"], "header");
  const stamp = objectAt(header["stamp"], "header.stamp");
  const seconds = wholeAt(stamp["sec"], "header.stamp.sec", 0xffff_ffff);
  // ROS 1 and some bridges call it nsec.
  const nanoseconds = wholeAt(
    stamp["nanosec"] ?? stamp["nsec"],
    "header.stamp.nanosec",
    999_999_999,
  );
  const frame = header["frame_id"];
  if (typeof frame !== "string") throw wrong("header.frame_id", "a name", frame);
  if (expected !== null && frame !== expected) {
    throw wrong("header.frame_id", `"${expected}" as in the cell file`, frame);
  }
  return { stampUs: seconds * 1_000_000 + Math.floor(nanoseconds / 1000), frame };
}

/**
 * The time and frame of a message that is only kept: ROS has them in a header, Foxglove's schemas in the
 * message itself.
 *
 * @returns null where there is nothing of the kind; what fields mean is then their sender's affair.
 */
function looseHeader(fields: Fields): Header | null {
  const header = fields["header"] ?? { stamp: fields["timestamp"], frame_id: fields["frame_id"] ?? "" }; // prettier-ignore
  try {
    return headerOf({ header }, anyFrame);
  } catch (error) {
    if (isDreamlogError(error, "MESSAGE_INVALID")) return null;
    throw error;
  }
}

function readCompressedImage(fields: Fields, header: Header): ImageReading {
  const format = fields["format"];
  if (typeof format !== "string") throw wrong("format", "jpeg or png", format);
  // Such as "jpeg", or "rgb8; jpeg compressed bgr8" from image_transport.
  const kind = /\b(jpeg|jpg|png)\b/.exec(format)?.[1];
  if (kind === undefined) throw wrong("format", "jpeg or png", format);
  const bytes = bytesAt(fields["data"], "data");
  const isPng = kind === "png";
  const magic = isPng ? [0x89, 0x50] : [0xff, 0xd8];
  if (bytes[0] !== magic[0] || bytes[1] !== magic[1]) {
    throw wrong("data", `a ${isPng ? "PNG" : "JPEG"} file`, `${bytes.length} other bytes`);
  }
  return {
    kind: "image",
    header,
    format: isPng ? "png" : "jpeg",
    widthPx: null,
    heightPx: null,
    bytes,
  };
}

function readImage(fields: Fields, header: Header): ImageReading {
  const encoding = fields["encoding"];
  if (typeof encoding !== "string" || !(encoding in bytesPerPixel)) {
    throw wrong("encoding", Object.keys(bytesPerPixel).join(", "), encoding);
  }
  const format = encoding as RawFormat;
  const widthPx = wholeAt(fields["width"], "width", sideMaxPx);
  const heightPx = wholeAt(fields["height"], "height", sideMaxPx);
  const stepBytes = wholeAt(fields["step"], "step", sideMaxPx * 8);
  if (format === "16UC1" && fields["is_bigendian"] !== 0 && fields["is_bigendian"] !== false) {
    throw wrong("is_bigendian", "0", fields["is_bigendian"]);
  }
  const data = bytesAt(fields["data"], "data");
  const rowBytes = widthPx * bytesPerPixel[format];
  if (widthPx === 0 || heightPx === 0 || stepBytes < rowBytes) {
    throw wrong("step", `${rowBytes} bytes a row or more`, stepBytes);
  }
  if (data.length !== stepBytes * heightPx) {
    throw wrong("data", `${stepBytes * heightPx} bytes`, `${data.length} bytes`);
  }
  const bytes = stepBytes === rowBytes ? data : withoutPadding(data, stepBytes, rowBytes, heightPx);
  return { kind: "image", header, format, widthPx, heightPx, bytes };
}

function withoutPadding(data: Uint8Array, stepBytes: number, rowBytes: number, rows: number) {
  const bytes = new Uint8Array(rowBytes * rows);
  for (let row = 0; row < rows; row++) {
    bytes.set(data.subarray(row * stepBytes, row * stepBytes + rowBytes), row * rowBytes);
  }
  return bytes;
}

function readJointStates(
  fields: Fields,
  header: Header,
  wanted: readonly string[],
): JointStatesReading {
  const names = fields["name"];
  if (!Array.isArray(names)) throw wrong("name", "joint names", names);
  const order = wanted.map((name) => names.indexOf(name));
  const absent = order.indexOf(-1);
  if (absent >= 0) throw wrong("name", `"${wanted[absent]!}" among them`, names.join(", "));
  const pick = (key: string, isRequired: boolean): Float64Array | null => {
    const values = numbersAt(fields[key], key);
    if (values.length === 0 && !isRequired) return null;
    if (values.length !== names.length) {
      throw wrong(key, `${names.length} numbers`, `${values.length}`);
    }
    const picked = Float64Array.from(order, (at) => values[at]!);
    const joint = picked.findIndex((value) => !Number.isFinite(value));
    if (joint >= 0) throw wrong(`${key} of ${wanted[joint]!}`, "a finite number", picked[joint]);
    return picked;
  };
  return {
    kind: "jointStates",
    header,
    positions: pick("position", true)!,
    velocities: pick("velocity", false),
    efforts: pick("effort", false),
  };
}

function readCameraInfo(fields: Fields, header: Header): Reading {
  const widthPx = wholeAt(fields["width"], "width", sideMaxPx);
  const heightPx = wholeAt(fields["height"], "height", sideMaxPx);
  const k = numbersAt(fields["k"] ?? fields["K"], "k");
  const [fx, cx, fy, cy] = [k[0] ?? NaN, k[2] ?? NaN, k[4] ?? NaN, k[5] ?? NaN];
  if (k.length !== 9 || ![fx, cx, fy, cy].every(Number.isFinite) || fx <= 0 || fy <= 0) {
    throw wrong("k", "the nine numbers of a camera matrix", Array.from(k).join(", "));
  }
  return { kind: "cameraInfo", header, widthPx, heightPx, fx, fy, cx, cy };
}

/** A gripper reports two fingers, each half of the opening; other joints are not ours to read. */
function readFingers(fields: Fields, header: Header): Reading {
  const fingers = Array.from(numbersAt(fields["position"], "position"));
  if (fingers.length !== 2) return { kind: "other", header };
  const openingM = fingers[0]! + fingers[1]!;
  if (!Number.isFinite(openingM)) throw wrong("position", "finite numbers", fingers.join(", "));
  return { kind: "fingers", header, openingM };
}

function objectAt(value: unknown, path: string): Fields {
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    throw wrong(path, "an object", value);
  }
  return value as Fields;
}

function wholeAt(value: unknown, path: string, max: number): number {
  // CDR and CBOR give 64-bit integers as bigints.
  const number = typeof value === "bigint" ? Number(value) : value;
  if (typeof number === "number" && Number.isInteger(number) && number >= 0 && number <= max) {
    return number;
  }
  throw wrong(path, `a whole number from 0 to ${max}`, value);
}

function numbersAt(value: unknown, path: string): ArrayLike<number> {
  if (value instanceof Float64Array || value instanceof Float32Array) return value;
  // JSON has no NaN: rosbridge sends null in its place.
  if (Array.isArray(value) && value.every((item) => typeof item === "number")) return value;
  if (value === undefined) return [];
  throw wrong(path, "numbers", value);
}

/** Bytes come as typed arrays from CBOR and CDR, and as base64 text in JSON. */
function bytesAt(value: unknown, path: string): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value === "string" && /^[A-Za-z0-9+/]*={0,2}$/.test(value)) {
    return Buffer.from(value, "base64");
  }
  throw wrong(path, "bytes", value);
}

function wrong(path: string, expected: string, found: unknown): DreamlogError {
  const text = describe(found);
  return new DreamlogError(
    "MESSAGE_INVALID",
    `${path}: expected ${expected}, found ${text}; compare the cell file with what the robot publishes`,
    { path, expected, found: text },
  );
}

/** Short enough for an error message, whatever it is. */
function describe(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 60));
  if (typeof value === "number" || typeof value === "boolean" || typeof value === "bigint") {
    return String(value);
  }
  if (value === undefined || value === null) return "nothing";
  return Array.isArray(value) ? `a list of ${value.length}` : typeof value;
}
