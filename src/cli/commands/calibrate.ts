import { readFileSync } from "node:fs";
import { InvalidArgumentError, type Command } from "commander";
import type { CalibrationRequest } from "../../app/live/recordCalibration.ts";
import { DreamlogError } from "../../core/errors.ts";
import { print, type JsonOption } from "../printResult.ts";

interface CalibrateOptions extends JsonOption {
  readonly to: string;
  readonly camera: string;
  readonly intrinsics: CalibrationRequest["intrinsics"];
  readonly session?: string;
}

/** `dreamlog calibrate`: where a fixed camera stands, by points that an arm touched. */
export function configureCalibrate(command: Command): void {
  command
    .argument("<points>", "CSV: pixelX,pixelY,depthM,x,y,z; world metres")
    .requiredOption("--intrinsics <fx,fy,cx,cy>", "of the camera, pixels", parseIntrinsics)
    .requiredOption("--to <log>", "the log it is written to; made if it is not there")
    .option("--camera <name>", "the camera's name in the cell file", "top")
    .option("--session <name>", "name of the session (default: calibration/ and the camera)")
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      "\nExample:\n  dreamlog calibrate touched.csv --to lab.sqlite \\\n    --intrinsics 690,690,479.5,269.5\n\nIt prints position and rotation as the cell file takes them.",
    )
    .action(calibrate);
}

async function calibrate(path: string, options: CalibrateOptions): Promise<void> {
  const { to, camera, intrinsics, session = `calibration/${camera}` } = options;
  const { recordCalibration } = await import("../../app/live/recordCalibration.ts");
  const solved = await recordCalibration({
    pointsText: readPoints(path),
    pointsName: path,
    camera,
    intrinsics,
    logPath: to,
    session,
  });
  const { position, rotation, residualM, worstM } = solved;
  const list = (values: readonly number[]) => values.map((value) => value.toFixed(6)).join(", ");
  print(options, { session, ...solved }, () => [
    `position: [${list([position.x, position.y, position.z])}]`,
    `rotation:`,
    ...[0, 3, 6].map((at) => {
      const [open, close] = [at === 0 ? "  [" : "   ", at === 6 ? "]" : ","];
      return `${open}${list(rotation.slice(at, at + 3))}${close}`;
    }),
    `# residual ${(residualM * 1000).toFixed(2)} mm, at worst ${(worstM * 1000).toFixed(2)} mm`,
  ]);
}

function readPoints(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new DreamlogError(
      "ARGUMENT_INVALID",
      `expected a file of touched points at ${path}, found none that can be read`,
      { path },
      cause,
    );
  }
}

function parseIntrinsics(text: string): CalibrationRequest["intrinsics"] {
  const [fx, fy, cx, cy, ...more] = text.split(",").map(Number);
  const numbers = [fx, fy, cx, cy];
  if (more.length > 0 || !numbers.every((value) => Number.isFinite(value) && value! > 0)) {
    throw new InvalidArgumentError("expected four numbers such as 690,690,479.5,269.5");
  }
  return { fx: fx!, fy: fy!, cx: cx!, cy: cy! };
}
