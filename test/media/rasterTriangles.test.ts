import { describe, expect, it } from "vitest";
import { cropCamera, unprojectToPlane } from "../../src/core/camera.ts";
import { cropWindow, topCamera, workspaceSideM } from "../../src/core/cell.ts";
import { clearTarget, copyTarget, createRenderTarget } from "../../src/media/raster.ts";
import { drawTriangles, type TriangleMesh } from "../../src/media/rasterTriangles.ts";

/** A horizontal square about the origin, facing up. */
function square(sideM: number, heightM: number, color: number): TriangleMesh {
  const h = sideM / 2;
  const z = heightM;
  return {
    positions: new Float32Array([-h, -h, z, h, -h, z, h, h, z, -h, h, z]),
    indices: new Uint32Array([0, 1, 2, 0, 2, 3]),
    colors: new Uint8Array(12).fill(color),
    colorPer: "vertex",
    backColors: new Uint8Array(12).fill(20),
  };
}

describe("drawTriangles", () => {
  it("covers the crop window with the workspace square, and nothing else", () => {
    const target = createRenderTarget(topCamera.widthPx, topCamera.heightPx);

    drawTriangles(target, topCamera, square(workspaceSideM, 0, 200), 3);

    const window = cropWindow(topCamera);
    const isDrawn = (x: number, y: number) => target.id[y * target.widthPx + x] === 3;
    const last = { x: window.x + window.width - 1, y: window.y + window.height - 1 };
    expect(target.id.filter((id) => id === 3)).toHaveLength(window.width * window.height);
    expect([isDrawn(window.x, window.y), isDrawn(last.x, last.y)]).toEqual([true, true]);
  });

  it("writes the depth of the plane everywhere, in float32", () => {
    const target = createRenderTarget(120, 120);
    drawTriangles(target, cropCamera(topCamera, cropWindow(topCamera), 120), square(1, 0.25, 9), 1);
    expect(new Set(target.depth)).toEqual(new Set([0.75]));
  });

  it("keeps what is nearer to the camera, whatever the order", () => {
    const camera = cropCamera(topCamera, cropWindow(topCamera), 32);
    const high = square(0.2, 0.2, 255);
    const low = square(0.6, 0, 100);
    const first = createRenderTarget(32, 32);
    drawTriangles(first, camera, high, 2);
    drawTriangles(first, camera, low, 1);
    const second = createRenderTarget(32, 32);
    drawTriangles(second, camera, low, 1);
    drawTriangles(second, camera, high, 2);

    expect(second).toEqual(first);
    expect(new Set(first.id)).toEqual(new Set([0, 1, 2]));
  });

  it("shows the back colours from behind", () => {
    const camera = cropCamera(topCamera, cropWindow(topCamera), 16);
    const mesh = square(1, 0, 200);
    const target = createRenderTarget(16, 16);
    drawTriangles(target, camera, { ...mesh, indices: mesh.indices.slice().reverse() }, 1);
    expect(Math.max(...target.rgb)).toBeLessThanOrEqual(20);
  });

  it("leaves out triangles at or behind the camera", () => {
    const target = createRenderTarget(16, 16);
    drawTriangles(target, cropCamera(topCamera, cropWindow(topCamera), 16), square(1, 1.5, 9), 1);
    expect(target.id.some((id) => id > 0)).toBe(false);
  });

  it("starts again from a copied background", () => {
    const camera = cropCamera(topCamera, cropWindow(topCamera), 16);
    const background = createRenderTarget(16, 16);
    clearTarget(background, [10, 20, 30]);
    drawTriangles(background, camera, square(0.3, 0, 99), 1);
    const target = createRenderTarget(16, 16);
    drawTriangles(target, camera, square(1, 0.5, 250), 2);
    copyTarget(background, target);
    expect(target).toEqual(background);
  });
});

describe("cropCamera", () => {
  it("sees the window's corners where the whole camera does", () => {
    const window = cropWindow(topCamera);
    const crop = cropCamera(topCamera, window, 64);
    const inWhole = unprojectToPlane(topCamera, { x: window.x - 0.5, y: window.y - 0.5 }, 0);
    const inCrop = unprojectToPlane(crop, { x: -0.5, y: -0.5 }, 0);
    expect(inCrop.x).toBeCloseTo(inWhole.x, 12);
    expect(inCrop.y).toBeCloseTo(inWhole.y, 12);
  });
});
