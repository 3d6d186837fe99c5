import { commandSent, gateIntervened } from "../../src/events/hardware.ts";
import type { LiveSink } from "../intake/liveSink.ts";
import type { GateDecision } from "./safetyGate.ts";

/**
 * Records what the gate let leave and, where that is not what was asked for, both and why.
 *
 * @returns whether the gate intervened.
 */
export function recordDecision(
  sink: LiveSink,
  { arm, asked, sent, isHalt, reasons }: GateDecision,
  { isDryRun, nowUs }: { readonly isDryRun: boolean; readonly nowUs: number },
): boolean {
  const primitive = asked?.primitive ?? null;
  if (sent !== null && arm !== null) {
    const target = flat(sent);
    const name = primitive ?? "braking";
    sink.record("gate", commandSent, { arm, primitive: name, isDryRun, target }, nowUs);
  }
  const isAsked = asked !== null || sent !== null || isHalt;
  if (reasons.length === 0 || !isAsked) return false;
  const payload = {
    arm,
    primitive,
    reasons: [...reasons],
    asked: asked === null ? null : flat(asked),
    sent: sent === null ? null : flat(sent),
    isHalt,
    isDryRun,
  };
  sink.record("gate", gateIntervened, payload, nowUs);
  return true;
}

/** Joint angles, then the opening. */
function flat({ joints, openingM }: { joints: ArrayLike<number>; openingM: number }): Float64Array {
  return Float64Array.of(...Array.from(joints), openingM);
}
