import { readFileSync } from "node:fs";
import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { parseCellFile, withLinkUrl } from "../../hardware/cellFile/parseCellFile.ts";
import { defaultSafetyLimits } from "../../hardware/safety/safetyLimits.ts";
import { isDreamlogError } from "../../src/core/errors.ts";

const text = readFileSync(new URL("../../docs/cells/virtual.yaml", import.meta.url), "utf8");

function lineNumberOf(part: string): number {
  return text.slice(0, text.indexOf(part)).split("\n").length;
}

describe("a cell file", () => {
  it("names topics, frames and limits, and keeps the robot's limits where it names none", () => {
    const { description, limits } = parseCellFile(text, "virtual.yaml");
    expect(description.arms.left.states).toBe("/left/joint_states");
    expect(Object.keys(description.cameras)).toEqual(["top"]);
    expect(limits.stateTimeoutMs).toBe(50);
    expect(limits.workspace.min).toEqual({ x: -0.45, y: -0.45, z: 0.005 });
    expect(limits.jointVelocityRadPerS).toEqual(defaultSafetyLimits.jointVelocityRadPerS);
  });

  it.each([
    ["a rate below zero", "stateRateHz: 1000", "stateRateHz: -1", /arms\.left\.stateRateHz/],
    ["a topic without a slash", "states: /left/joint_states", "states: joints", /such as \/left/],
    ["an unknown protocol", "protocol: rosbridge", "protocol: dds", /"rosbridge" \| "foxglove"/],
    ["a key that nothing reads", "halt: /cell/halt", "hult: /cell/halt", /halt/],
    [
      "one topic twice",
      "info: /camera/camera/color/camera_info",
      "info: /left/joint_states",
      /cameras\.top\.info/,
    ],
    ["a timeout too long to stop in time", "stateTimeoutMs: 50", "stateTimeoutMs: 90", /<=66/],
    ["a speed beyond the FR3's", "toolSpeedMPerS: 1.5", "toolSpeedMPerS: 5", /<=3/],
    ["a workspace inside out", "min: [-0.45,", "min: [0.5,", /min\.x below max\.x/],
    ["too few joints", "fr3_joint6, fr3_joint7]", "fr3_joint7]", /7/],
    ["a joint twice", "fr3_joint6, fr3_joint7]", "fr3_joint6, fr3_joint6]", /"fr3_joint6" twice/],
    ["no rotation", "rotation: [1, 0, 0,", "rotation: [2, 0, 0,", /a rotation.*found other rows/],
    ["a mirror", "rotation: [1, 0, 0,", "rotation: [-1, 0, 0,", /found a mirror/],
    [
      "one gripper for both arms",
      "gripper: /right/franka_gripper",
      "gripper: /left/franka_gripper",
      /arms\.right\.gripper: expected another topic than arms\.left\.gripper's/,
    ],
    [
      "a halt on a stream",
      "halt: /cell/halt",
      "halt: /left/joint_states",
      /^cell\.yaml:\d+: halt:/,
    ],
    [
      "joint limits inside out",
      "armDistanceM: 0.03",
      "jointLowerRad: [2.8, 0, 0, -1, 0, 1, 0]",
      /lower below upper/,
    ],
    ["an alias of nothing", "name: virtual cell", "name: *nothing", /aliases|alias/],
  ])("with %s is refused with its line", (_, part, replacement, message) => {
    const broken = text.replace(part, replacement);
    try {
      parseCellFile(broken, "cell.yaml");
      expect.unreachable();
    } catch (error) {
      if (!isDreamlogError(error, "CELL_FILE_INVALID")) throw error;
      expect(error.message).toMatch(message);
    }
  });

  it("names the very line of a wrong value", () => {
    const part = "stateTimeoutMs: 50";
    expect(() => parseCellFile(text.replace(part, "stateTimeoutMs: soon"), "cell.yaml")).toThrow(
      `cell.yaml:${lineNumberOf(part)}: limits.stateTimeoutMs: expected number, found "soon"`,
    );
  });

  it("is refused when its aliases multiply without end", () => {
    const rows = Array.from({ length: 12 }, (_, at) => {
      const inner = at === 0 ? "x" : `*a${at - 1}`;
      return `a${at}: &a${at} [${Array.from({ length: 12 }, () => inner).join(", ")}]`;
    });
    expect(() => parseCellFile(rows.join("\n"), "cell.yaml")).toThrow(
      /CELL_FILE_INVALID|cell\.yaml/,
    );
  });

  it("takes another address, however the file writes its own, and keeps every other line", () => {
    const flow = text.replace(
      /link:[^]*?\n\n/,
      "link: { protocol: rosbridge, url: 'ws://a:1' } # the lab's\n\n",
    );
    for (const file of [text, flow]) {
      const moved = withLinkUrl(file, "ws://10.0.0.2:9091");
      expect(parseCellFile(moved, "cell.yaml").description.link.url).toBe("ws://10.0.0.2:9091");
      expect(moved.split("\n").length).toBe(file.split("\n").length);
    }
  });

  it("names the very line of broken YAML", () => {
    expect(() => parseCellFile("name: a\nlink: {protocol: [}\n", "cell.yaml")).toThrow(
      /^cell\.yaml:2: expected well-formed YAML/,
    );
  });

  it("may be stricter than the robot and never laxer", () => {
    const lax = `${text}  jointVelocityRadPerS: [9, 2, 2, 2, 2, 2, 2]\n`;
    expect(() => parseCellFile(lax, "cell.yaml")).toThrow(/at most 2\.62, the FR3's, found 9/);
    const strict = `${text}  jointVelocityRadPerS: [1, 1, 1, 1, 1, 1, 1]\n`;
    expect(parseCellFile(strict, "cell.yaml").limits.jointVelocityRadPerS[0]).toBe(1);
  });

  test.prop([fc.string(), fc.nat(text.length), fc.nat(20)])(
    "with anything in it is understood or refused in the proper way",
    (noise, at, removed) => {
      const damaged = text.slice(0, at) + noise + text.slice(at + removed);
      try {
        parseCellFile(damaged, "cell.yaml");
      } catch (error) {
        expect(isDreamlogError(error, "CELL_FILE_INVALID")).toBe(true);
      }
    },
  );
});
