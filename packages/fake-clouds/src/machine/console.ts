const longestBytes = 65_536;

/** A serial console: what was written, and when. */
export class Console {
  readonly #entries: { readonly atMs: number; readonly text: string }[] = [];
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  write(text: string): void {
    this.#entries.push({ atMs: this.#now(), text });
  }

  /** The last 64 KiB of what had been written at a moment. */
  textAt(ms: number): string {
    const text = this.#entries.filter(({ atMs }) => atMs <= ms).map((entry) => entry.text).join("");
    const bytes = Buffer.from(text);
    return bytes.length <= longestBytes ? text : bytes.subarray(-longestBytes).toString();
  }
}
