import type { Random } from "./random.ts";

interface Due {
  readonly atMs: number;
  /** Decides among what is due at the same moment. */
  readonly lot: number;
  call: (() => void) | undefined;
}

const isBefore = (a: Due, b: Due): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.lot < b.lot);

/** Virtual time. Everything that waits is due at some moment; what is due at the same moment comes in an order drawn by lot. */
export class Scheduler {
  readonly #random: Random;
  readonly #heap: Due[] = [];
  #nowMs: number;
  #steps = 0;

  constructor(random: Random, startMs: number) {
    this.#random = random;
    this.#nowMs = startMs;
  }

  /** The true time; no clock of a process has to agree. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** Calls made so far. */
  get steps(): number {
    return this.#steps;
  }

  /** Has it called so much later, in whole milliseconds; returns how to take that back. */
  after(delayMs: number, call: () => void): () => void {
    const due: Due = { atMs: this.#nowMs + Math.max(0, Math.ceil(delayMs)), lot: this.#random.next(), call };
    this.#push(due);
    return () => { due.call = undefined; };
  }

  /** Runs until there is an answer or the moment is reached. Whatever a call sets going has come to rest before the next. Returns whether there was an answer. */
  async run(untilMs: number, isDone: () => boolean): Promise<boolean> {
    for (;;) {
      await atRest();
      if (isDone()) return true;
      const due = this.#pop(untilMs);
      if (due?.call === undefined) {
        this.#nowMs = Math.max(this.#nowMs, untilMs);
        return false;
      }
      this.#nowMs = due.atMs;
      this.#steps += 1;
      due.call();
    }
  }

  #push(due: Due): void {
    const heap = this.#heap;
    let index = heap.push(due) - 1;
    for (let parent = (index - 1) >> 1; index > 0; index = parent, parent = (index - 1) >> 1) {
      const above = heap[parent];
      if (above === undefined || !isBefore(due, above)) break;
      heap[index] = above;
      heap[parent] = due;
    }
  }

  /** The next that was not taken back, if it is due by then. */
  #pop(untilMs: number): Due | undefined {
    for (;;) {
      const first = this.#heap[0];
      if (first === undefined || first.atMs > untilMs) return undefined;
      const last = this.#heap.pop();
      if (last !== undefined && last !== first) this.#sink(last);
      if (first.call !== undefined) return first;
    }
  }

  #sink(due: Due): void {
    const heap = this.#heap;
    let index = 0;
    heap[0] = due;
    for (;;) {
      const left = heap[2 * index + 1];
      const right = heap[2 * index + 2];
      const child = right !== undefined && left !== undefined && isBefore(right, left) ? 2 * index + 2 : 2 * index + 1;
      const below = heap[child];
      if (below === undefined || !isBefore(below, due)) return;
      heap[index] = below;
      heap[child] = due;
      index = child;
    }
  }
}

/** All that goes on without waiting for virtual time runs in microtasks, which are done before the next turn of the event loop. */
const atRest = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
