import type { ComputeGrant, Envelope } from "@bridge/core";
import type { ControllerSettings, GrantStatus } from "@bridge/controller";
import type { Death } from "./die-at.ts";

/** One entry of `backends`. */
export interface RunnerBackend {
  /** Path or package whose default export is a backend plugin. */
  readonly use: string;
  readonly name: string;
  readonly options: object;
}

/** One grant that the runner serves. */
export interface RunnerLease {
  readonly grant: ComputeGrant;
  readonly envelope: Envelope;
  /** Cancelled as soon as its machine runs. */
  readonly cancel: boolean;
}

/** All that the runner knows, a JSON file. Run again with the same file it goes on where it was. */
export interface RunnerConfig {
  readonly ledger: string;
  readonly owner: string;
  readonly providerId: string;
  readonly masterSecret: string;
  readonly backends: readonly RunnerBackend[];
  readonly settings: Partial<ControllerSettings>;
  readonly leases: readonly RunnerLease[];
  /** Ledgers whose machines are taken over. */
  readonly adopt: readonly string[];
  /** It gives up after so long. */
  readonly timeoutSeconds: number;
  /** Where it dies. */
  readonly death?: Death;
}

/** What the runner prints. `running`: a grant whose machine serves it, or that is over already. */
export type RunnerLine = { readonly running: GrantStatus; readonly over?: undefined } | { readonly over: readonly GrantStatus[]; readonly running?: undefined };
