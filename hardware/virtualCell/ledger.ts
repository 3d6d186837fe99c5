/** What a virtual cell really sent, by topic: the stamps of its messages, which are its sequence numbers. */
export class Ledger {
  readonly #stampsUs = new Map<string, number[]>();

  note(topic: string, stampUs: number): void {
    const stamps = this.#stampsUs.get(topic);
    if (stamps === undefined) this.#stampsUs.set(topic, [stampUs]);
    else stamps.push(stampUs);
  }

  /** Stamps by topic, each in the order of sending. */
  toJSON(): Readonly<Record<string, readonly number[]>> {
    return Object.fromEntries([...this.#stampsUs].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}
