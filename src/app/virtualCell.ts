import { parseCellFile } from "../../hardware/cellFile/parseCellFile.ts";
import type { Faults } from "../../hardware/virtualCell/faults.ts";
import { startFoxgloveServer } from "../../hardware/virtualCell/foxgloveServer.ts";
import { startRosbridgeServer } from "../../hardware/virtualCell/rosbridgeServer.ts";
import { startVirtualCell, type VirtualCell } from "../../hardware/virtualCell/virtualCell.ts";
import type { Task } from "../core/cell.ts";
import { createSystemClock } from "../core/clock.ts";
import type { RgbImage } from "../core/image.ts";
import { createVirtualCellWorld } from "./virtualCellWorld.ts";

const servers = { rosbridge: startRosbridgeServer, foxglove: startFoxgloveServer } as const;

/** A virtual cell that serves, and what its object should become. */
export interface ServedCell extends VirtualCell {
  readonly goal: RgbImage;
}

/**
 * Serves the simulated cell under the names of a cell file, over a socket of this machine.
 *
 * @throws {DreamlogError} `CELL_FILE_INVALID`; `LINK_FAILED` when the port is taken.
 */
export async function serveVirtualCell(options: {
  readonly cellText: string;
  readonly cellName: string;
  readonly task: Task;
  readonly seed: string;
  readonly faults: Faults;
  /** 0 takes a free one. */
  readonly port: number;
  readonly publishSeconds: number | null;
}): Promise<ServedCell> {
  const { cellText, cellName, task, seed, faults, port, publishSeconds } = options;
  const { description } = parseCellFile(cellText, cellName);
  const world = await createVirtualCellWorld(task, seed);
  const clock = createSystemClock();
  const served = await startVirtualCell({
    description,
    world,
    faults,
    seed,
    port,
    publishSeconds,
    nowUs: () => clock.nowUs(),
    startServer: servers[description.link.protocol],
  });
  return { ...served, goal: world.goal };
}
