import { describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import {
  clockOffsetEstimated,
  commandSent,
  gapFound,
  gateIntervened,
  linkChanged,
  messageRejected,
  messagesLate,
} from "../../src/events/hardware.ts";
import { listen } from "../../hardware/virtualCell/listen.ts";
import type { CellWorld } from "../../hardware/virtualCell/cellWorld.ts";
import { createArmKinematics } from "../../src/robot/armKinematics.ts";
import { homeJointsRad, toWorld } from "../../src/robot/fr3.ts";
import {
  cellText,
  connectedCell,
  homeCommand,
  payloadsOf,
  pause,
  serveCell,
  stampsOf,
  until,
  type Session,
} from "./cellOnSockets.ts";

const streams = {
  "/left/joint_states": "left/states",
  "/right/joint_states": "right/states",
  "/camera/camera/color/image_raw/compressed": "top/image",
  "/left/franka_gripper/joint_states": "left/gripper",
} as const;

async function expectNothingLost({ served, sink, live, close }: Session): Promise<void> {
  // Published for a while and then silent: what was sent has arrived when nothing new comes.
  let last = -1;
  const received = () => live.tallies().reduce((sum, { messages }) => sum + messages, 0);
  await until(() => received() > 0);
  while (received() !== last) {
    last = received();
    await pause(250);
  }
  await close();
  const sent = served.ledger.toJSON();
  for (const [topic, stream] of Object.entries(streams)) {
    expect(stampsOf(sink.events, stream)).toEqual(sent[topic]);
    expect(sent[topic]!.length).toBeGreaterThan(5);
  }
}

describe("a live cell", () => {
  it.each([
    ["CBOR of rosbridge", "encoding: cbor", "encoding: cbor"],
    ["JSON of rosbridge", "encoding: cbor", "encoding: json"],
    ["CDR of the Foxglove protocol", "protocol: rosbridge", "protocol: foxglove"],
  ])("records every message that was sent to it as %s", async (_, part, replacement) => {
    const text = cellText.replace(part, replacement);
    const session = await connectedCell({ publishSeconds: 1, text });
    await expectNothingLost(session);
    expect(payloadsOf(session, gapFound)).toEqual([]);
  });

  it("records what is left through loss, delay and a wrong clock, and says what was wrong", async () => {
    const session = await connectedCell({
      publishSeconds: 2,
      faults: { lossShare: 0.05, reorderShare: 0.05, jitterMs: 3, skewMs: -500 },
    });
    await expectNothingLost(session);
    const lost = payloadsOf(session, gapFound).reduce(
      (sum, { missingCount }) => sum + missingCount,
      0,
    );
    expect(lost).toBeGreaterThan(50);
    expect(payloadsOf(session, messagesLate).length).toBeGreaterThan(0);
    const [offset] = payloadsOf(session, clockOffsetEstimated);
    expect(offset!.offsetUs).toBeGreaterThanOrEqual(500_000);
  });

  it("comes back after the connection was ended, and goes on", async () => {
    const session = await connectedCell({ publishSeconds: 2, faults: { disconnectAtS: [0.7] } });
    await expectNothingLost(session);
    expect(payloadsOf(session, linkChanged).map(({ state }) => state)).toEqual([
      "connected",
      "lost",
      "connected",
    ]);
    expect(payloadsOf(session, gapFound).some(({ stream }) => stream === "left/states")).toBe(true);
  });

  it("finds a server again that was started anew, and moves once the halt is released", async () => {
    const session = await connectedCell({ isArmed: true });
    const { live, served } = session;
    await until(() => live.jointsOf("right") !== null);
    await until(() => stampsOf(session.sink.events, "top/image").length > 0);
    expect(live.command(homeCommand).reasons).toEqual([]);
    await served.close();
    const states = () => payloadsOf(session, linkChanged).map(({ state }) => state);
    await until(() => states().includes("failed"));
    await until(() => live.command(homeCommand).isHalt);
    expect(live.haltedBy).toBe("linkLost");
    const again = await serveCell({ port: served.port });
    await until(() => live.isConnected);
    await until(() => live.release("test") === null);
    await pause(50);
    expect(live.command({ ...homeCommand, primitive: "again" }).reasons).toEqual([]);
    await session.close();
    await again.close();
    expect(states().slice(0, 2)).toEqual(["connected", "lost"]);
    expect(states().at(-1)).toBe("connected");
    expect(payloadsOf(session, gapFound).some(({ stream }) => stream === "left/states")).toBe(true);
  });

  it.each(["left", "right"] as const)("moves the %s arm by poses of its hand", async (arm) => {
    const text = cellText.replaceAll("kind: joints", "kind: pose");
    const solver = await createArmKinematics();
    const reach: CellWorld["reach"] = (which, point, from) =>
      solver.reach(which, toWorld(which, point), from);
    const session = await connectedCell({ isArmed: true, text, world: { reach } });
    const { live } = session;
    await until(() => live.jointsOf("left") !== null && live.jointsOf("right") !== null);
    await until(() => stampsOf(session.sink.events, "top/image").length > 0);
    // As one would get there: hand down, a centimetre towards the middle.
    const start = solver.toolPoint(arm, homeJointsRad);
    const target = { ...start, x: start.x + (arm === "left" ? 0.01 : -0.01) };
    const goal = solver.reach(arm, target, homeJointsRad)!;
    for (let step = 1; step <= 10; step++) {
      const joints = homeJointsRad.map((angle, at) => angle + (step / 10) * (goal[at]! - angle));
      await until(() => {
        const { reasons } = live.command({ ...homeCommand, arm, joints });
        return !reasons.includes("tooSoon");
      });
    }
    const distanceM = () => {
      const { x, y, z } = solver.toolPoint(arm, live.jointsOf(arm)!);
      return Math.hypot(x - target.x, y - target.y, z - target.z);
    };
    await until(() => distanceM() < 1e-4);
    expect(payloadsOf(session, gateIntervened).filter(({ sent }) => sent !== null)).toEqual([]);
    await session.close();
    solver.close();
  });

  it("sends what passes the gate when it is armed, and nothing when it is not", async () => {
    for (const [isArmed, protocol] of [
      [true, "rosbridge"],
      [true, "foxglove"],
      [false, "rosbridge"],
    ] as const) {
      const text = cellText.replace("protocol: rosbridge", `protocol: ${protocol}`);
      const session = await connectedCell({ isArmed, text });
      await until(() => session.live.jointsOf("right") !== null && session.live.isConnected);
      await until(() => stampsOf(session.sink.events, "top/image").length > 0);
      const target = homeJointsRad.map((angle, joint) => (joint === 0 ? angle + 0.005 : angle));
      const decision = session.live.command({ ...homeCommand, joints: target });
      expect(decision.reasons).toEqual([]);
      const hasMoved = () => Math.abs(session.live.jointsOf("left")![0]! - target[0]!) < 1e-9;
      if (isArmed) await until(hasMoved);
      else await pause(150);
      expect(hasMoved()).toBe(isArmed);
      expect(payloadsOf(session, commandSent)).toMatchObject([{ isDryRun: !isArmed }]);
      await session.close();
    }
  });

  it("halts on a reflex, records it, and moves again once recovered", async () => {
    const session = await connectedCell({ isArmed: true, faults: { reflexAtS: [0.8] } });
    const { live } = session;
    await until(() => live.jointsOf("right") !== null);
    await until(() => {
      live.command(homeCommand);
      return live.haltedBy !== null;
    });
    const halt = payloadsOf(session, gateIntervened).find(({ isHalt }) => isHalt);
    expect(halt).toMatchObject({ reasons: ["robotMode"], sent: null });
    await until(() => live.release("test") === null);
    await pause(50);
    expect(live.command({ ...homeCommand, primitive: "again" }).reasons).toEqual([]);
  });

  it("halts at the operator's key", async () => {
    const session = await connectedCell({ isArmed: true });
    await until(() => session.live.jointsOf("right") !== null);
    session.live.stop("operatorStop");
    expect(session.live.haltedBy).toBe("operatorStop");
    expect(session.live.command(homeCommand).reasons).toEqual(["halted", "operatorStop"]);
  });

  it("halts when an operator says so on the topic", async () => {
    const session = await connectedCell({ isArmed: true });
    await until(() => session.live.jointsOf("right") !== null);
    const operator = new WebSocket(`ws://127.0.0.1:${session.served.port}`);
    await until(() => operator.readyState === WebSocket.OPEN);
    operator.send(
      JSON.stringify({ op: "publish", topic: "/cell/operator_stop", msg: { data: true } }),
    );
    await until(() => {
      session.live.command(homeCommand);
      return session.live.haltedBy === "operatorStop";
    });
    operator.close();
  });

  it("survives another operator, who sends it nonsense", async () => {
    const session = await connectedCell({ publishSeconds: 1 });
    const other = new WebSocket(`ws://127.0.0.1:${session.served.port}`);
    await until(() => other.readyState === WebSocket.OPEN);
    other.send("no JSON");
    other.send(Buffer.from([0xff, 0xff]));
    other.send(JSON.stringify({ op: "publish", topic: "/cell/halt", msg: null }));
    const command = "/left/joint_trajectory_controller/joint_trajectory";
    other.send(JSON.stringify({ op: "publish", topic: command, msg: { points: "none" } }));
    await expectNothingLost(session);
    other.close();
  });

  it("refuses messages of a wrong frame, takes the others, and lets nothing move", async () => {
    const clientText = cellText.replace("frame: left_fr3_link0", "frame: map");
    const session = await connectedCell({ publishSeconds: 1, clientText, isArmed: true });
    await until(() => stampsOf(session.sink.events, "right/states").length > 0);
    expect(session.live.command(homeCommand).reasons).toEqual(["staleState"]);
    await session.close();
    const [first] = payloadsOf(session, messageRejected);
    expect(first).toMatchObject({ stream: "left/states", code: "MESSAGE_INVALID" });
    expect(first!.reason).toContain('expected "map" as in the cell file, found "left_fr3_link0"');
    const refused = payloadsOf(session, messageRejected).reduce((sum, { count }) => sum + count, 0);
    // The first is told at once, the others as one count.
    expect(refused).toBeGreaterThan(1);
    expect(payloadsOf(session, messageRejected)).toHaveLength(2);
  });

  it("keeps trying where there is no cell, and where a server is no rosbridge", async () => {
    const clientText = cellText.replace("ws://127.0.0.1:9090", "ws://127.0.0.1:1");
    const session = await connectedCell({ clientText });
    await until(() => payloadsOf(session, linkChanged).length >= 2);
    expect(payloadsOf(session, linkChanged)[0]).toMatchObject({ state: "failed", attempt: 1 });
    expect(session.live.command(homeCommand).reasons).toEqual(["staleState"]);

    const stranger = await listen(0);
    stranger.server.on("connection", (client) => client.send("220 smtp ready"));
    const address = `ws://127.0.0.1:${stranger.port}`;
    const lost = await connectedCell({
      clientText: cellText.replace("ws://127.0.0.1:9090", address),
    });
    await until(() => payloadsOf(lost, messageRejected).length > 0);
    expect(payloadsOf(lost, messageRejected)[0]!.reason).toContain("rosbridge operation in JSON");
    await stranger.close();
  });
});
