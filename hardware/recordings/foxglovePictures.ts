/** ROS types that say the same as Foxglove's schemas for pictures, but for how they name their fields. */
const rosTypes: Readonly<Record<string, string>> = {
  CompressedImage: "sensor_msgs/msg/CompressedImage",
  RawImage: "sensor_msgs/msg/Image",
};

/** @returns such as `CompressedImage` for `foxglove.CompressedImage` or `foxglove_msgs/msg/CompressedImage`. */
export function foxgloveSchemaOf(schemaName: string): string | null {
  return /^foxglove(?:\.|_msgs\/(?:msg\/)?)(\w+)$/.exec(schemaName)?.[1] ?? null;
}

/** The ROS type by which messages of a schema are read: its own, but for Foxglove's pictures. */
export function readAs(schemaName: string): string {
  return rosTypes[foxgloveSchemaOf(schemaName) ?? ""] ?? schemaName;
}

/**
 * A Foxglove picture under the field names of the ROS type that it is read as; any other message as it
 * is. What the message lacks stays missing, for whoever reads it to complain of.
 */
export function inRosTerms(schemaName: string, message: unknown): unknown {
  if (readAs(schemaName) === schemaName || message === null || typeof message !== "object") {
    return message;
  }
  const { timestamp, frame_id, ...fields } = message as Readonly<Record<string, unknown>>;
  return { header: { stamp: timestamp, frame_id }, is_bigendian: 0, ...fields };
}
