import { type StepKind, stepKinds } from "./ledger/steps.ts";

/** The kinds of what leaves the process, closed: every one has its kill points. */
export const effectKinds = ["choose", "provision", "watch", "measure", "terminate", "list"] as const;

/** One of {@link effectKinds}: routing asks the platforms; a machine is made; watched; read once more before its end; ended; everything is listed. */
export type EffectKind = (typeof effectKinds)[number];

/** `before` it is done; `sent`: under way, and not yet answered; `after` its answer has come. */
export type KillMoment = "before" | "sent" | "after";

/** A moment at which a process may die. */
export interface KillPoint {
  readonly at: "commit" | "effect";
  readonly kind: StepKind | EffectKind;
  readonly moment: KillMoment;
  readonly requestKey?: string;
}

/** Told at each kill point, and awaited: what it does not resolve goes no further. For tests. */
export type Probe = (point: KillPoint) => Promise<void> | void;

const moments = ["before", "sent", "after"] as const satisfies readonly KillMoment[];

/** Every kill point there is, as `commit:accept:before`. */
export const killPoints: readonly string[] = [
  ...stepKinds.flatMap((kind) => moments.map((moment) => `commit:${kind}:${moment}`)),
  ...effectKinds.flatMap((kind) => moments.map((moment) => `effect:${kind}:${moment}`)),
];
