/** How often something goes wrong on machines; each is used up by the connection or start that it fits. */
export interface MachineFaultCounts {
  /** SSH connections that meet another host key. */
  readonly wrongHostKeys: number;
  /** SSH connections that get a banner and nothing more. */
  readonly bannersOnly: number;
  /** Starts of a workload that take effect and whose answer is lost. */
  readonly lostStartAnswers: number;
}

const none: MachineFaultCounts = { wrongHostKeys: 0, bannersOnly: 0, lostStartAnswers: 0 };

/** The faults of all machines of a platform. */
export class MachineFaults {
  #left: MachineFaultCounts = none;

  /** Sets some of the counts. */
  set(counts: Partial<MachineFaultCounts>): void {
    this.#left = { ...this.#left, ...counts };
  }

  /** Whether one of those is left, which is then used up. */
  take(fault: keyof MachineFaultCounts): boolean {
    if (this.#left[fault] <= 0) return false;
    this.#left = { ...this.#left, [fault]: this.#left[fault] - 1 };
    return true;
  }

  /** No more faults. */
  heal(): void {
    this.#left = none;
  }
}
