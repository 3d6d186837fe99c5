/** What a message says, whatever it travelled in. */
export type Reading =
  | ImageReading
  | JointStatesReading
  | { readonly kind: "robotState"; readonly header: Header; readonly mode: number }
  | { readonly kind: "fingers"; readonly header: Header; readonly openingM: number }
  | CameraInfoReading
  | { readonly kind: "other"; readonly header: Header | null }
  | { readonly kind: "operatorStop"; readonly isStopped: boolean };

export interface Header {
  /** Integer microseconds since the Unix epoch, by the source's clock. */
  readonly stampUs: number;
  readonly frame: string;
}

export interface ImageReading {
  readonly kind: "image";
  readonly header: Header;
  readonly format: "jpeg" | "png" | "rgb8" | "bgr8" | "mono8" | "16UC1";
  /** Null when the bytes say it themselves. */
  readonly widthPx: number | null;
  readonly heightPx: number | null;
  /** Rows without padding. */
  readonly bytes: Uint8Array;
}

/** Joints in the order that was asked for; velocities and efforts may be absent. */
export interface JointStatesReading {
  readonly kind: "jointStates";
  readonly header: Header;
  readonly positions: Float64Array;
  readonly velocities: Float64Array | null;
  readonly efforts: Float64Array | null;
}

/** Intrinsics of the rectified picture, pixels. */
export interface CameraInfoReading {
  readonly kind: "cameraInfo";
  readonly header: Header;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly fx: number;
  readonly fy: number;
  readonly cx: number;
  readonly cy: number;
}
