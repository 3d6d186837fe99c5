import { writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { projectPoint } from "../../src/core/camera.ts";
import { topCamera } from "../../src/core/cell.ts";
import { runCli } from "../../src/cli/runCli.ts";
import { openForTest, temporaryPath } from "../store/temporaryLog.ts";
import { captureOutput } from "./captureOutput.ts";

const intrinsics = "690,690,479.5,269.5";

it("finds the camera, prints it as a cell file takes it, and writes it down", async () => {
  const points = temporaryPath("touched.csv");
  const rows = [
    [0.2, 0.1, 0],
    [-0.2, 0.1, 0.1],
    [0, -0.2, 0.05],
    [0.1, 0.2, 0.15],
  ].map(([x, y, z]) => {
    const pixel = projectPoint(topCamera, { x: x!, y: y!, z: z! });
    return [pixel.x, pixel.y, pixel.depthM, x, y, z].join(",");
  });
  writeFileSync(points, ["pixelX,pixelY,depthM,x,y,z", ...rows].join("\n"));
  const to = temporaryPath("log.sqlite");
  const { result, stdout } = await captureOutput(() =>
    runCli(["calibrate", points, "--intrinsics", intrinsics, "--to", to]),
  );
  expect(result).toBe(0);
  expect(stdout).toMatch(/position: \[-?0\.000000, -?0\.000000, 1\.000000\]/);
  expect(stdout).toContain("# residual 0.00 mm");
  const { log } = openForTest({ path: to, mode: "readonly" });
  const events = await log.read({ session: "calibration/top" });
  expect(events.map(({ type }) => type)).toEqual([
    "session.started",
    "calibration.handEyeCalibrated",
    "session.closed",
  ]);
});

it("names the line of a point that is none", async () => {
  const points = temporaryPath("touched.csv");
  writeFileSync(points, "pixelX,pixelY,depthM,x,y,z\n1,2,3,4,5,6\n1,2,near,4,5,6\n");
  const { result, stderr } = await captureOutput(() =>
    runCli(["calibrate", points, "--intrinsics", intrinsics, "--to", temporaryPath("log.sqlite")]),
  );
  expect(result).toBe(1);
  expect(stderr).toContain("touched.csv:3: expected 6 numbers");
});
