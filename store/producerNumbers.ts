import { canonicalJson, type Producer } from "../src/events/envelope.ts";

/** Numbers the producers of events that go to one thread, which is told of each once. */
export class ProducerNumbers {
  readonly #numbers = new WeakMap<Producer, number>();
  readonly #numbersByJson = new Map<string, number>();
  #untold: Producer[] = [];

  /** From 0, in the order in which they are first asked for. */
  numberOf(producer: Producer): number {
    const known = this.#numbers.get(producer);
    if (known !== undefined) return known;
    const json = canonicalJson(producer);
    const number = this.#numbersByJson.get(json) ?? this.#numbersByJson.size;
    if (number === this.#numbersByJson.size) {
      this.#numbersByJson.set(json, number);
      this.#untold.push(JSON.parse(json) as Producer);
    }
    this.#numbers.set(producer, number);
    return number;
  }

  /** Producers that the thread has not been told of, in order of their numbers; told by this call. */
  takeUntold(): readonly Producer[] {
    const untold = this.#untold;
    this.#untold = [];
    return untold;
  }
}
