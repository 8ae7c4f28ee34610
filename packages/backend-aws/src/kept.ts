import type { CallOptions } from "@bridge/core/backend";

/** Answers that rarely change: each is asked for once by all who want it, and again when it is too old. A failure is not kept. */
export class Kept<Answer> {
  readonly #now: () => number;
  readonly #maxAgeMs: number;
  readonly #answers = new Map<string, { readonly atMs: number; readonly answer: Promise<Answer> }>();

  constructor({ now, maxAgeMs }: { readonly now: () => number; readonly maxAgeMs: number }) {
    this.#now = now;
    this.#maxAgeMs = maxAgeMs;
  }

  /** The next one who wants it asks anew. */
  forget(key: string): void {
    this.#answers.delete(key);
  }

  /** The answer, asked for if need be; without the signal of whoever comes first, since others wait for it, too. */
  get(key: string, ask: (call: CallOptions) => Promise<Answer>): Promise<Answer> {
    const known = this.#answers.get(key);
    if (known !== undefined && Math.abs(this.#now() - known.atMs) < this.#maxAgeMs) return known.answer;
    const entry = { atMs: this.#now(), answer: ask({}) };
    this.#answers.set(key, entry);
    entry.answer.catch(() => {
      if (this.#answers.get(key) === entry) this.#answers.delete(key);
    });
    return entry.answer;
  }
}
