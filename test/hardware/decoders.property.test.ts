import { fc, test } from "@fast-check/vitest";
import { Encoder } from "cbor-x";
import { describe, expect, it } from "vitest";
import { decodeOperation } from "../../hardware/link/rosbridgeCodec.ts";
import { readMessage, type Expectation } from "../../hardware/messages/readMessage.ts";
import {
  decodeClientMessage,
  decodeServerMessage,
  decodeText,
} from "../../hardware/link/foxgloveFrames.ts";
import {
  createCdrReader,
  createCdrWriter,
  definitionOf,
} from "../../hardware/messages/rosDefinitions.ts";
import { isDreamlogError } from "../../src/core/errors.ts";

const encoder = new Encoder({ useRecords: false });
const stamp = { sec: 1_700_000_000, nanosec: 123_456_789 };
const header = { stamp, frame_id: "base" };
const jointNames = ["a", "b", "c", "d", "e", "f", "g"];

const states: Expectation = { rosType: "sensor_msgs/msg/JointState", frame: "base", jointNames };
const image: Expectation = { rosType: "sensor_msgs/msg/Image", frame: "base", jointNames: null };
const compressed = { ...image, rosType: "sensor_msgs/msg/CompressedImage" };
const expectations = [
  states,
  image,
  compressed,
  { ...image, rosType: "franka_msgs/msg/FrankaRobotState" },
  { ...image, rosType: "std_msgs/msg/Bool" },
];

const goodStates = {
  header,
  name: [...jointNames].reverse(),
  position: [7, 6, 5, 4, 3, 2, 1],
  velocity: [],
  effort: [],
};
const goodImage = {
  header,
  width: 2,
  height: 2,
  encoding: "rgb8",
  is_bigendian: 0,
  step: 8,
  data: Uint8Array.from({ length: 16 }, (_, at) => at),
};

/** Any error but a typed one fails the test. */
function readOrReject(message: unknown, expectation: Expectation) {
  try {
    return readMessage(message, expectation);
  } catch (error) {
    if (!isDreamlogError(error, "MESSAGE_INVALID")) throw error;
    return error;
  }
}

const damage = fc.oneof(
  fc.anything(),
  fc.constantFrom(NaN, -1, 1e300, null, undefined, "", [], {}, 2n ** 63n),
);

describe("the message decoders", () => {
  test.prop([fc.constantFrom(...expectations), fc.anything()])(
    "read whatever they are given or refuse it with a typed error",
    (expectation, message) => {
      readOrReject(message, expectation);
    },
  );

  test.prop([fc.constantFrom(...Object.keys(goodStates)), damage])(
    "take no joint state that is damaged in one field, unless what is left is whole",
    (key, value) => {
      const result = readOrReject({ ...goodStates, [key]: value }, states);
      if (isDreamlogError(result)) return;
      expect(result.kind).toBe("jointStates");
      if (result.kind !== "jointStates") return;
      expect([...result.positions].every(Number.isFinite)).toBe(true);
    },
  );

  test.prop([fc.constantFrom(...Object.keys(goodImage)), damage])(
    "take no picture whose bytes are not those of its size",
    (key, value) => {
      const result = readOrReject({ ...goodImage, [key]: value }, image);
      if (isDreamlogError(result) || result.kind !== "image") return;
      const channels = result.format === "rgb8" || result.format === "bgr8" ? 3 : 1;
      const pixelBytes = result.format === "16UC1" ? 2 : channels;
      expect(result.bytes).toHaveLength(result.widthPx! * result.heightPx! * pixelBytes);
    },
  );

  test.prop([fc.uint8Array({ maxLength: 200 }), fc.boolean()])(
    "make of any bytes an operation or a typed error",
    (bytes, isBinary) => {
      const result = decodeOperation(bytes, isBinary);
      expect(isDreamlogError(result, "MESSAGE_INVALID") || typeof result === "object").toBe(true);
    },
  );

  test.prop([fc.nat(), fc.integer({ min: 0, max: 255 }), fc.nat()])(
    "survive a changed byte and a cut in a CBOR message",
    (at, byte, cut) => {
      const bytes = encoder.encode({ op: "publish", topic: "/t", msg: goodStates });
      bytes[at % bytes.length] = byte;
      const result = decodeOperation(bytes.subarray(0, bytes.length - (cut % bytes.length)), true);
      if (!isDreamlogError(result)) readOrReject(result["msg"], states);
    },
  );
});

describe("the Foxglove decoders", () => {
  test.prop([fc.uint8Array({ maxLength: 100 })])(
    "make of any bytes a message or a typed error",
    (bytes) => {
      for (const decode of [decodeServerMessage, decodeClientMessage, decodeText]) {
        try {
          decode(bytes);
        } catch (error) {
          if (!isDreamlogError(error, "MESSAGE_INVALID")) throw error;
        }
      }
    },
  );

  const definition = definitionOf("sensor_msgs/msg/JointState")!;
  const good = createCdrWriter(definition)(goodStates);

  test.prop([fc.nat(), fc.integer({ min: 0, max: 255 }), fc.nat()])(
    "survive a changed byte and a cut in a CDR message",
    (at, byte, cut) => {
      const bytes = good.slice();
      bytes[at % bytes.length] = byte;
      try {
        const message = createCdrReader(definition)(
          bytes.subarray(0, bytes.length - (cut % bytes.length)),
        );
        readOrReject(message, states);
      } catch (error) {
        if (!isDreamlogError(error, "MESSAGE_INVALID")) throw error;
      }
    },
  );
});

describe("a message that is right", () => {
  it("has its joints in the wanted order and its stamp in microseconds", () => {
    const reading = readMessage(goodStates, states);
    expect(reading).toMatchObject({
      kind: "jointStates",
      header: { stampUs: 1_700_000_000_123_456 },
      velocities: null,
    });
    expect(reading).toHaveProperty("positions", Float64Array.of(1, 2, 3, 4, 5, 6, 7));
  });

  it("loses the padding of its rows", () => {
    const reading = readMessage(goodImage, image);
    expect(reading).toHaveProperty("bytes", Uint8Array.of(0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13));
  });

  it.each([
    ["NaN joints", { ...goodStates, position: [NaN, 6, 5, 4, 3, 2, 1] }, states, /finite/],
    ["joints that JSON made null", { ...goodStates, position: [null, 1] }, states, /numbers/],
    ["another frame", { ...goodStates, header: { stamp, frame_id: "map" } }, states, /"base"/],
    ["an encoding nobody reads", { ...goodImage, encoding: "yuv422" }, image, /rgb8/],
    ["a JPEG that is none", { header, format: "jpeg", data: "AAAA" }, compressed, /JPEG/],
    ["a claim of many pixels", { ...goodImage, width: 1e9 }, image, /16384/],
  ])("is not taken with %s", (_, message, expectation, reason) => {
    expect(() => readMessage(message, expectation)).toThrow(reason);
  });

  it("that claims four billion entries is refused without asking for memory", () => {
    const claim = Buffer.from("a1626f709affffffff", "hex");
    expect(isDreamlogError(decodeOperation(claim, true), "MESSAGE_INVALID")).toBe(true);
  });
});
