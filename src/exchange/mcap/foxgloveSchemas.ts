/** JSON schemas under Foxglove's names, with the fields that are written here. */

const time = {
  type: "object",
  title: "time",
  properties: { sec: { type: "integer" }, nsec: { type: "integer" } },
};
const point2 = { type: "object", properties: { x: { type: "number" }, y: { type: "number" } } };
const color = {
  type: "object",
  properties: {
    r: { type: "number" },
    g: { type: "number" },
    b: { type: "number" },
    a: { type: "number" },
  },
};
const base64 = { type: "string", contentEncoding: "base64" };
const numbers = { type: "array", items: { type: "number" } };
const text = { type: "string" };

const object = (title: string, properties: object) => ({ title, type: "object", properties });

const compressed = { timestamp: time, frame_id: text, data: base64, format: text };

export const foxgloveSchemas = {
  "foxglove.CompressedImage": object("foxglove.CompressedImage", compressed),
  /** Of H.264, `data` is one frame in Annex B; a key frame has its parameter sets in front. */
  "foxglove.CompressedVideo": object("foxglove.CompressedVideo", compressed),
  "foxglove.RawImage": object("foxglove.RawImage", {
    timestamp: time,
    frame_id: text,
    width: { type: "integer" },
    height: { type: "integer" },
    encoding: text,
    step: { type: "integer" },
    data: base64,
  }),
  "foxglove.CameraCalibration": object("foxglove.CameraCalibration", {
    timestamp: time,
    frame_id: text,
    width: { type: "integer" },
    height: { type: "integer" },
    distortion_model: text,
    D: numbers,
    K: numbers,
    R: numbers,
    P: numbers,
  }),
  "foxglove.ImageAnnotations": object("foxglove.ImageAnnotations", {
    points: {
      type: "array",
      items: object("foxglove.PointsAnnotation", {
        timestamp: time,
        type: { type: "integer" },
        points: { type: "array", items: point2 },
        outline_color: color,
        outline_colors: { type: "array", items: color },
        fill_color: color,
        thickness: { type: "number" },
      }),
    },
    texts: {
      type: "array",
      items: object("foxglove.TextAnnotation", {
        timestamp: time,
        position: point2,
        text,
        font_size: { type: "number" },
        text_color: color,
        background_color: color,
      }),
    },
  }),
  "foxglove.Log": object("foxglove.Log", {
    timestamp: time,
    level: { type: "integer" },
    message: text,
    name: text,
    file: text,
    line: { type: "integer" },
  }),
  /** Foxglove has no schema of its own for joints: a plot reads `position` by the place of its name. */
  "dreamlog.JointStates": object("dreamlog.JointStates", {
    timestamp: time,
    name: { type: "array", items: text },
    position: numbers,
    velocity: numbers,
    effort: numbers,
  }),
  /** What a live cell said, as the JSON that the log holds of it. */
  "dreamlog.Message": object("dreamlog.Message", { timestamp: time, type: text, message: text }),
} as const;

export type FoxgloveSchema = keyof typeof foxgloveSchemas;
