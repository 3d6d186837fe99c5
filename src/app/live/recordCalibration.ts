import {
  solveHandEye,
  type HandEye,
  type TouchedPoint,
} from "../../../hardware/calibration/handEye.ts";
import { openLog } from "../../../store/openLog.ts";
import { createSystemClock, ManualClock } from "../../core/clock.ts";
import { DreamlogError } from "../../core/errors.ts";
import { handEyeCalibrated } from "../../events/hardware.ts";
import { sessionClosed } from "../../events/session.ts";
import { driverProducer, exactProducer } from "../producers.ts";
import { startSession } from "../sessionLifecycle.ts";
import { SessionRecorder } from "../sessionRecorder.ts";

const calibrationProducer = exactProducer("hardware.handEye", 1);
const columns = ["pixelX", "pixelY", "depthM", "x", "y", "z"] as const;

export interface CalibrationRequest {
  /** CSV with the columns pixelX, pixelY, depthM, x, y, z: what the camera saw and an arm touched. */
  readonly pointsText: string;
  readonly pointsName: string;
  readonly camera: string;
  readonly intrinsics: Parameters<typeof solveHandEye>[0];
  readonly logPath: string;
  readonly session: string;
}

/**
 * Finds where a camera stands, and writes it down as a session of its own.
 *
 * @throws {DreamlogError} `ARGUMENT_INVALID` for points that do not determine it.
 */
export async function recordCalibration(request: CalibrationRequest): Promise<HandEye> {
  const { camera, intrinsics, logPath, session } = request;
  const points = parsePoints(request.pointsText, request.pointsName);
  const solved = solveHandEye(intrinsics, points);
  const clock = createSystemClock();
  const open = openLog({ path: logPath, clock });
  try {
    const { log, blobs } = open;
    const recorder = new SessionRecorder({
      log,
      blobs,
      session,
      clock: new ManualClock(clock.nowUs()),
    });
    const settings = { intrinsics, points };
    await startSession(recorder, { purpose: "calibrate", task: null, seed: session, settings });
    await recorder.fact(
      "handEye",
      handEyeCalibrated,
      { camera, pointCount: points.length, ...solved },
      { producer: calibrationProducer },
    );
    const closing = { reason: "completed", note: "" } as const;
    await recorder.fact("closed", sessionClosed, closing, { producer: driverProducer });
    return solved;
  } finally {
    await open.close();
  }
}

/** @throws {DreamlogError} `ARGUMENT_INVALID`, with the line. */
function parsePoints(text: string, name: string): readonly TouchedPoint[] {
  const [head, ...rows] = text.trim().split(/\r?\n/);
  if (head?.replaceAll(" ", "") !== columns.join(",")) {
    throw invalid(`${name}:1`, `the columns ${columns.join(",")}`, head ?? "nothing");
  }
  return rows.map((row, at) => {
    const numbers = row.split(",").map(Number);
    if (numbers.length !== columns.length || !numbers.every(Number.isFinite)) {
      throw invalid(`${name}:${at + 2}`, `${columns.length} numbers`, `"${row}"`);
    }
    const [pixelX, pixelY, depthM, x, y, z] = numbers as [
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    return { pixel: { x: pixelX, y: pixelY }, depthM, touched: { x, y, z } };
  });
}

function invalid(where: string, expected: string, found: string): DreamlogError {
  return new DreamlogError("ARGUMENT_INVALID", `${where}: expected ${expected}, found ${found}`);
}
