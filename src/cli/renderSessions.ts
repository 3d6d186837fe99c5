import type { SessionNode } from "../app/inspectLog.ts";
import type { SessionInfo } from "../ports/eventLog.ts";

const nameColumns = 44;

/** Name, events, state and the beginning of its head; a long name has a line of its own. */
export function sessionLine(session: SessionInfo, indent = ""): string {
  const name = `${indent}${session.id}`;
  const state = session.isClosed ? "closed" : "open";
  const start = name.length > nameColumns ? `${name}\n${"".padEnd(nameColumns)}` : name.padEnd(nameColumns); // prettier-ignore
  return `${start} ${String(session.eventCount).padStart(6)} events  ${state.padEnd(6)}  ${session.head.slice(0, 12)}`;
}

/** Branches under what they branch from; a name that goes on from its parent's is shortened. */
export function treeLines(nodes: readonly SessionNode[], indent = "", parent = ""): string[] {
  return nodes.flatMap((node) => {
    const isLonger = parent !== "" && node.id.startsWith(parent);
    const shown = isLonger ? `…${node.id.slice(parent.length)}` : node.id;
    const branchOf = node.id.slice(0, node.id.lastIndexOf("/"));
    return [
      sessionLine({ ...node, id: shown }, indent),
      ...treeLines(node.branches, `${indent}  `, node.id.includes("~") ? branchOf : node.id),
    ];
  });
}
