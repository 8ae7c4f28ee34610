import { type Almanac, BridgeError, type ConfiguredBackend, type Log, type Problem } from "@bridge/core";
import { type Limits, limitProblems } from "./admission/limits.ts";
import type { Clock } from "./clock.ts";
import type { Ledger } from "./ledger/ledger.ts";
import type { OpenLedgerOptions } from "./ledger/sqlite/open-ledger.ts";
import type { Probe } from "./probe.ts";
import { type ControllerSettings, settingProblems } from "./settings.ts";

/** What a controller is made of. */
export interface ControllerOptions {
  /** Id of this installation, tagged on everything created: lower-case letters, digits and hyphens, at most 32. */
  readonly owner: string;
  /** Grants for another provider are refused. */
  readonly providerId: string;
  /** At least 32 bytes; keys are derived from it, and what is confidential in the ledger is encrypted under it. */
  readonly masterSecret: Uint8Array | string;
  /** Number of this master secret. Default 1; give a new secret a higher one. */
  readonly keyVersion?: number;
  /** Earlier master secrets by key version, for as long as attempts that began under them are open. Default: none. */
  readonly retiredSecrets?: Readonly<Record<number, Uint8Array | string>>;
  /** In order of preference. */
  readonly backends: readonly ConfiguredBackend[];
  /** The ledger's file, or a ledger that somebody opened; that one is not closed by the controller. */
  readonly ledger: Pick<OpenLedgerOptions, "file" | "create"> | Ledger;
  /** Default: small ones for every issuer. */
  readonly limits?: Limits;
  readonly settings?: Partial<ControllerSettings>;
  /** Default: silent. */
  readonly log?: Log;
  /** Default: one tick is one second since the Unix epoch. */
  readonly almanac?: Almanac;
  /** Default: this computer's. */
  readonly clock?: Clock;
  /** From 0 to 1, exclusive; for jitter. Default `Math.random`. */
  readonly random?: () => number;
  /** For tests: told at each kill point, and awaited. */
  readonly probe?: Probe;
}

/** @throws BridgeError `invalid_option` with all problems of settings and limits. */
export function checkOptions({ settings = {}, limits = {} }: ControllerOptions): void {
  const problems: readonly Problem[] = [...settingProblems(settings), ...limitProblems(limits)];
  if (problems.length === 0) return;
  throw new BridgeError("invalid_option", `${problems.length === 1 ? "a problem" : `${problems.length} problems`} with the controller's options:\n${problems.map(({ path, message }) => `  ${path}: ${message}`).join("\n")}`, { problems });
}
