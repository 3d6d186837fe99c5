import type { Producer } from "../events/envelope.ts";

/** A producer without weights whose arithmetic is exact on every machine. */
export function exactProducer(
  component: string,
  version: number,
  config: Producer["config"] = {},
): Producer {
  return { component, version, config, model: null, fingerprint: null };
}

/** The hands that write facts: the cell, the person who labels, the driver of a session. */
export const cellProducer = exactProducer("sim.cell", 1);
export const labellerProducer = exactProducer("label.simulatedPerson", 1);
export const driverProducer = exactProducer("app.sessionDriver", 1);
/** Picks the candidate that is executed: the first the arms can carry out, or the judge's best. */
export const chooserProducer = exactProducer("app.chooser", 2);
/** Reads the true states of goal and result. */
export const scoringProducer = exactProducer("sim.scoring", 2);
