import { expect, it } from "vitest";
import { unprojectByDepth } from "../../../hardware/calibration/handEye.ts";
import { createVirtualCellWorld } from "../../../src/app/virtualCellWorld.ts";
import { projectPoint, unprojectToPlane } from "../../../src/core/camera.ts";
import { topCamera } from "../../../src/core/cell.ts";
import type { PayloadOf } from "../../../src/events/eventDefinition.ts";
import { imageReceived } from "../../../src/events/hardware.ts";
import { cellText, connectedCell, until } from "../../hardware/cellOnSockets.ts";

const compressed = "/camera/camera/color/image_raw/compressed";
const rawText = cellText
  .replace(
    `image: ${compressed}`,
    "image: /camera/camera/color/image_raw\n    isCompressed: false\n    depth: /camera/camera/aligned_depth_to_color/image_raw",
  )
  .replace("rateHz: 30", "rateHz: 5");

it.each(["rosbridge", "foxglove"])(
  "takes raw colours and aligned depth over %s, and depth puts the table where it is",
  async (protocol) => {
    const world = await createVirtualCellWorld("rope", "0");
    const text = rawText.replace("protocol: rosbridge", `protocol: ${protocol}`);
    const { sink, close } = await connectedCell({ text, world });
    const pictures = () =>
      sink.events.flatMap(({ type, payload }) =>
        type === imageReceived.type ? [payload as PayloadOf<typeof imageReceived>] : [],
      );
    await until(() =>
      ["rgb8", "16UC1"].every((f) => pictures().some(({ format }) => format === f)),
    );
    const { depthMm } = await world.picture();
    await close();
    const size = { widthPx: 960, heightPx: 540 };
    const of = (stream: string) => pictures().find((picture) => picture.stream === stream);
    expect(of("top/image")).toMatchObject({ format: "rgb8", ...size });
    expect(of("top/depth")).toMatchObject({ format: "16UC1", ...size });
    expect(of("top/depth")!.bytes.lengthBytes).toBe(960 * 540 * 2);

    // Where the ray of a pixel meets the table, by its depth and by the table's plane.
    let worstM = 0;
    for (const point of [-0.3, -0.1, 0.1, 0.3].map((y) => ({ x: 0.05, y, z: 0 }))) {
      const exact = projectPoint(topCamera, point);
      const pixel = { x: Math.round(exact.x), y: Math.round(exact.y) };
      const depthM = depthMm[pixel.y * 960 + pixel.x]! / 1000;
      const onTable = projectPoint(topCamera, unprojectToPlane(topCamera, pixel, 0));
      const seen = unprojectByDepth(topCamera, pixel, depthM);
      const there = unprojectByDepth(topCamera, pixel, onTable.depthM);
      worstM = Math.max(worstM, Math.hypot(seen.x - there.x, seen.y - there.y, seen.z - there.z));
    }
    // Half of the depth's step, and a little for the slant of the ray.
    expect(worstM).toBeLessThan(0.0006);
  },
);
