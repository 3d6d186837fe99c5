import type { CellDescription } from "../cellFile/cellSchema.ts";
import type { CellLink, LinkOptions } from "./cellLink.ts";
import { createFoxgloveLink } from "./foxgloveLink.ts";
import { createRosbridgeLink } from "./rosbridgeLink.ts";

/** Connects by the protocol that a cell file names. */
export function openLink({ link }: CellDescription, options: LinkOptions): CellLink {
  switch (link.protocol) {
    case "rosbridge":
      return createRosbridgeLink({ ...options, encoding: link.encoding });
    case "foxglove":
      return createFoxgloveLink(options);
  }
}
