import { BridgeError } from "@bridge/core";
import type { Ledger, LedgerCounts } from "../../src/ledger/ledger.ts";
import type { AttemptRow, GrantRow, OpenAttempt } from "../../src/ledger/rows.ts";
import type { Step } from "../../src/ledger/steps.ts";
import type { Life } from "./life.ts";

/** In one moment. */
const mostAsked = 2000;

/** The real ledger as one process has it: when that dies, what was not yet written may be lost, and nothing more is. */
export class MortalLedger implements Ledger {
  readonly #life: Life;
  readonly #ledger: Ledger;
  #asked = 0;
  #askedAtStep = 0;

  constructor(life: Life) {
    this.#life = life;
    const { store, random } = life.world;
    // What was handed over and not yet written when a process dies is written or lost as a whole.
    this.#ledger = store.ledger((flush) => queueMicrotask(() => { if (life.isAlive || random.chance(0.5)) flush(); }));
  }

  get ledgerId(): string {
    return this.#ledger.ledgerId;
  }

  get adoptedLedgers(): ReadonlySet<string> {
    return this.#ledger.adoptedLedgers;
  }

  commit(step: Step): Promise<boolean> {
    const { world: { faults, checks, say }, number } = this.#life;
    const name = `${step.kind}${"requestKey" in step ? ` ${step.requestKey.slice(0, 4)}` : ""}`;
    return this.#answer(async () => {
      if (faults.strikes("ledger refuses")) {
        say(`process ${number}`, () => `the ledger cannot write ${name}`);
        throw new BridgeError("unavailable", "the disk is full");
      }
      const changed = await this.#ledger.commit(step);
      say("ledger", () => `${name}${changed ? "" : " changes nothing"}${described(step)}`);
      if (changed) checks.committed(step);
      return changed;
    });
  }

  grant(requestKey: string): Promise<GrantRow | undefined> {
    return this.#answer(() => this.#ledger.grant(requestKey));
  }

  attempts(requestKey: string): Promise<readonly AttemptRow[]> {
    return this.#answer(() => this.#ledger.attempts(requestKey));
  }

  attempt(requestKey: string, attempt: number): Promise<AttemptRow | undefined> {
    return this.#answer(() => this.#ledger.attempt(requestKey, attempt));
  }

  unsettled(): Promise<readonly string[]> {
    return this.#answer(() => this.#ledger.unsettled());
  }

  openAttempts(): Promise<readonly OpenAttempt[]> {
    return this.#answer(() => this.#ledger.openAttempts());
  }

  counts(): Promise<LedgerCounts> {
    return this.#answer(() => this.#ledger.counts());
  }

  async compact(): Promise<void> {}

  async close(): Promise<void> {}

  /** A process that asks again and again within one moment would never come to rest: it is stopped, and found out. */
  #answer<T>(call: () => Promise<T>): Promise<T> {
    const { scheduler: { steps }, checks } = this.#life.world;
    this.#asked = steps === this.#askedAtStep ? this.#asked + 1 : 1;
    this.#askedAtStep = steps;
    if (this.#asked > mostAsked && this.#life.isAlive) {
      checks.violate(`process ${this.#life.number} asks the ledger without end and without waiting`);
      this.#life.kill("it never comes to rest");
    }
    return this.#life.isAlive ? this.#life.heard(call()) : new Promise(() => {});
  }
}

function described(step: Step): string {
  switch (step.kind) {
    case "intend": return `: attempt ${step.record.attempt} at ${step.record.backend}, ${step.record.placement.region}`;
    case "abandon": return `: attempt ${step.attempt}, ${step.failure.code}`;
    case "close": return `: attempt ${step.attempt}`;
    case "end": return `: ${step.result.kind === "ran" ? JSON.stringify(step.result.usage.exit) : `${step.result.failure.code}: ${step.result.failure.message}`}`;
    case "sample": return `: ${JSON.stringify(step.usage.wallSeconds)}`;
    case "accept": case "created": case "ready": case "run": case "settle": case "cancel": case "adopt": return "";
  }
}
