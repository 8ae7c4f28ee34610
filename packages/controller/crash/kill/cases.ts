import { killPoints } from "@bridge/controller";
import type { FirstAttempt } from "./site.ts";

/** What the grants of a case do. */
export interface Scenario {
  /** How a grant may end, as {@link resultWords} says it. */
  readonly results: readonly string[];
  readonly firstAttempt: FirstAttempt;
  /** From now to its deadline. */
  readonly leaseSeconds: number;
  /** How long its workload works; absent: until it is ended. */
  readonly workSeconds?: number;
  readonly cancel?: true;
  readonly adopt?: true;
}

/** The lives of a grant that reach every step and every effect. */
export const scenarios = {
  exits: { results: ["ran, exited 3"], firstAttempt: "served", leaseSeconds: 120, workSeconds: 2.5 },
  cancelled: { results: ["ran, terminated"], firstAttempt: "served", leaseSeconds: 120, cancel: true },
  expires: { results: ["ran, deadline", "failed, grant_expired"], firstAttempt: "served", leaseSeconds: 8 },
  refused: { results: ["ran, exited 3"], firstAttempt: "refused", leaseSeconds: 120, workSeconds: 2.5 },
  forgotten: { results: ["ran, exited 3"], firstAttempt: "unknown", leaseSeconds: 120, workSeconds: 2.5 },
  adopts: { results: ["ran, exited 3"], firstAttempt: "served", leaseSeconds: 120, workSeconds: 1, adopt: true },
} as const satisfies Record<string, Scenario>;

/** One death. */
export interface KillCase {
  /** One of `killPoints`. */
  readonly at: string;
  readonly occurrence: number;
  readonly scenario: keyof typeof scenarios;
}

const moments = ["before", "sent", "after"];

/** Where most points are reached by a grant that exits by itself, these need another life. */
const home: Readonly<Record<string, Pick<KillCase, "scenario" | "occurrence">>> = {
  "commit:cancel": { scenario: "cancelled", occurrence: 1 },
  "commit:adopt": { scenario: "adopts", occurrence: 1 },
  "commit:abandon": { scenario: "forgotten", occurrence: 1 },
  "effect:measure": { scenario: "cancelled", occurrence: 1 },
  // Not the first sweep, which finds nothing.
  "effect:list": { scenario: "exits", occurrence: 4 },
};

/** Deaths in other lives at points that the first plan visits already. */
const more: readonly (readonly [string, KillCase["scenario"], number])[] = [
  ["commit:intend", "forgotten", 2], ["commit:close", "refused", 1], ["commit:close", "forgotten", 1], ["effect:terminate", "forgotten", 1],
  ["effect:provision", "forgotten", 1], ["commit:end", "cancelled", 1], ["commit:end", "expires", 1], ["effect:terminate", "expires", 1],
];

/** All deaths: every kill point once, and some a second time in another life. */
export const killCases: readonly KillCase[] = [
  ...killPoints.map((at): KillCase => ({ at, scenario: "exits", occurrence: 1, ...home[at.slice(0, at.lastIndexOf(":"))] })),
  ...more.flatMap(([point, scenario, occurrence]) => moments.map((moment): KillCase => ({ at: `${point}:${moment}`, scenario, occurrence }))),
];
