import { describe, expect, it, onTestFinished } from "vitest";
import { listen } from "../../hardware/virtualCell/listen.ts";
import { goalSent, linkChanged, messageReceived } from "../../src/events/hardware.ts";
import { homeJointsRad, openingMaxM } from "../../src/robot/fr3.ts";
import {
  cellText,
  connectedCell,
  homeCommand,
  payloadsOf,
  stampsOf,
  until,
  type Session,
} from "./cellOnSockets.ts";

/** Connected, and with all that the gate wants before it lets anything pass. */
async function readyCell(options: Parameters<typeof connectedCell>[0]): Promise<Session> {
  const session = await connectedCell(options);
  const { live, sink } = session;
  await until(() => live.jointsOf("left") !== null && live.jointsOf("right") !== null);
  await until(() => stampsOf(sink.events, "top/image").length > 0);
  return session;
}

describe("an operator", () => {
  it("homes both hands, and the log holds what was asked and how it ended", async () => {
    const session = await readyCell({ isArmed: true });
    expect(session.live.homeFingers()).toBe(true);
    await until(() => Math.abs(session.live.openingOf("right") - openingMaxM) < 1e-9);
    expect(payloadsOf(session, goalSent)).toEqual(
      ["left", "right"].map((arm) => ({
        arm,
        action: `/${arm}/franka_gripper/homing`,
        actionType: "franka_msgs/action/Homing",
        goal: "{}",
        isDryRun: false,
      })),
    );
    const ends = () =>
      payloadsOf(session, messageReceived).filter(({ stream }) => stream === "link/notice");
    await until(() => ends().length === 2);
    expect(ends()[0]!.message).toContain('"op":"action_result"');
  });

  it("does not home a hand while a primitive is under way or the cell is halted", async () => {
    const { live, ...session } = await readyCell({ isArmed: true });
    expect(live.command(homeCommand).reasons).toEqual([]);
    expect(live.homeFingers()).toBe(false);
    live.finish("p");
    live.stop("operatorStop");
    expect(live.homeFingers()).toBe(false);
    expect(payloadsOf({ live, ...session }, goalSent)).toEqual([]);
  });

  it("sees in the log of a dry run what the fingers would have been told", async () => {
    const session = await readyCell({ isArmed: false });
    const before = session.live.openingOf("left");
    session.live.moveFingers("left", "close");
    const [goal] = payloadsOf(session, goalSent);
    expect(goal).toMatchObject({ action: "/left/franka_gripper/grasp", isDryRun: true });
    expect(JSON.parse(goal!.goal)).toMatchObject({ width: 0, force: 20 });
    expect(session.live.openingOf("left")).toBe(before);
  });

  it("is halted when another one moves the same arm", async () => {
    const one = await readyCell({ isArmed: true });
    const address = `ws://127.0.0.1:${one.served.port}`;
    const clientText = cellText.replace("ws://127.0.0.1:9090", address);
    const other = await readyCell({ isArmed: true, clientText });
    expect(one.live.command(homeCommand).reasons).toEqual([]);
    let angle = 0;
    await until(() => {
      const joints = homeJointsRad.map((home, joint) => (joint === 0 ? home + angle : home));
      const { reasons } = other.live.command({ ...homeCommand, primitive: "other", joints });
      if (reasons.length === 0) angle += 0.02;
      return one.live.command(null).isHalt || one.live.haltedBy !== null;
    });
    expect(one.live.haltedBy).toBe("trackingError");
  });
});

describe("a server that misbehaves", () => {
  it("is left when it sends a frame that is too large, and tried again", async () => {
    const giant = await listen(0);
    onTestFinished(() => giant.close());
    giant.server.on("connection", (client) => client.send(Buffer.alloc(64 * 1024 * 1024 + 1)));
    const address = `ws://127.0.0.1:${giant.port}`;
    const session = await connectedCell({
      clientText: cellText.replace("ws://127.0.0.1:9090", address),
    });
    await until(() => payloadsOf(session, linkChanged).filter(({ state }) => state === "connected").length > 1); // prettier-ignore
    const lost = payloadsOf(session, linkChanged).find(({ state }) => state === "lost");
    expect(lost!.reason).toContain("Max payload size exceeded");
  });
});
