import type { Arm } from "../../src/core/cell.ts";
import type { PayloadOf } from "../../src/events/eventDefinition.ts";
import type { jointStatesReceived } from "../../src/events/hardware.ts";
import { jointCount } from "../../src/robot/fr3.ts";
import type { JointStatesReading } from "../messages/reading.ts";

/** Longest that a state waits for others before it goes to the log: one period of the camera. */
const spanUs = 33_000;
const countMax = 64;

type Batch = PayloadOf<typeof jointStatesReceived>;

/** Collects an arm's joint states until they are worth an event. */
export class StateBatch {
  readonly #stream: string;
  readonly #arm: Arm;
  readonly #readings: { readonly reading: JointStatesReading; readonly receivedUs: number }[] = [];

  constructor(stream: string, arm: Arm) {
    this.#stream = stream;
    this.#arm = arm;
  }

  /** @returns the batch that this reading completes, itself included, or null. */
  add(reading: JointStatesReading, receivedUs: number): Batch | null {
    this.#readings.push({ reading, receivedUs });
    const isFull = this.#readings.length >= countMax;
    return isFull || receivedUs - this.#readings[0]!.receivedUs >= spanUs ? this.take() : null;
  }

  /** @returns what has come since the last batch, or null. */
  take(): Batch | null {
    const readings = this.#readings.splice(0);
    if (readings.length === 0) return null;
    const column = (of: (reading: JointStatesReading) => Float64Array | null): Float64Array => {
      const rows = readings.map(({ reading }) => of(reading));
      // A column that some messages lack is left out whole.
      if (rows.includes(null)) return new Float64Array(0);
      const values = new Float64Array(rows.length * jointCount);
      rows.forEach((row, at) => values.set(row!, at * jointCount));
      return values;
    };
    return {
      stream: this.#stream,
      arm: this.#arm,
      count: readings.length,
      sourceTimesUs: Float64Array.from(readings, ({ reading }) => reading.header.stampUs),
      receiveTimesUs: Float64Array.from(readings, ({ receivedUs }) => receivedUs),
      positions: column(({ positions }) => positions),
      velocities: column(({ velocities }) => velocities),
      efforts: column(({ efforts }) => efforts),
    };
  }
}
