import { topCamera } from "../../src/core/cell.ts";

/** The D435i's intrinsics, without distortion: a sensor_msgs/CameraInfo behind its header. */
export const cameraInfo = {
  height: topCamera.heightPx,
  width: topCamera.widthPx,
  distortion_model: "plumb_bob",
  d: new Float64Array(5),
  k: Float64Array.of(topCamera.fx, 0, topCamera.cx, 0, topCamera.fy, topCamera.cy, 0, 0, 1),
  r: Float64Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1),
  p: Float64Array.of(
    topCamera.fx,
    0,
    topCamera.cx,
    0,
    0,
    topCamera.fy,
    topCamera.cy,
    0,
    0,
    0,
    1,
    0,
  ),
  binning_x: 0,
  binning_y: 0,
  roi: { x_offset: 0, y_offset: 0, height: 0, width: 0, do_rectify: false },
};
