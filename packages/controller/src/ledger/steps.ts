import type { AttemptRecord, ComputeGrant, ProvisionedInstance, RoutingStep } from "@bridge/core";
import type { IssuerLimits } from "../admission/limits.ts";
import type { Failure, GrantResult, Usage } from "./rows.ts";

interface OfGrant {
  readonly requestKey: string;
}
interface OfAttempt extends OfGrant {
  readonly attempt: number;
}

/** Everything that is ever written into the ledger. Each is one transaction, and none has an effect twice. */
export type Step =
  /** A grant comes in; refused when its limits are used up. */
  | OfGrant & {
    readonly kind: "accept"; readonly grant: ComputeGrant; readonly envelopeMac: string; readonly envelopeBox: string; readonly deadlineMs: number; readonly atMs: number;
    readonly issuerLimits: IssuerLimits; readonly ownerLimits: IssuerLimits;
  }
  /** An attempt is decided, before the platform is called. */
  | OfGrant & { readonly kind: "intend"; readonly record: AttemptRecord; readonly routing: readonly RoutingStep[] }
  /** The platform said the machine's id. */
  | OfAttempt & { readonly kind: "created"; readonly instanceId: string }
  /** The host key was verified; from now on the workload may be started. */
  | OfAttempt & { readonly kind: "ready"; readonly atMs: number }
  /** The machine serves the grant. */
  | OfAttempt & { readonly kind: "run"; readonly instance: ProvisionedInstance; readonly receipt: string; readonly routing: readonly RoutingStep[] }
  /** A reading of what was used; replaces the one before. */
  | OfAttempt & { readonly kind: "sample"; readonly usage: Usage }
  /** The attempt failed and may have left something; the grant goes on. */
  | OfAttempt & { readonly kind: "abandon"; readonly failure: Failure; readonly atMs: number; readonly closeAfterMs?: number; readonly routing: readonly RoutingStep[] }
  /** Nothing of the attempt exists and nothing can still appear. */
  | OfAttempt & { readonly kind: "close"; readonly failure?: Failure; readonly routing?: readonly RoutingStep[] }
  /** The grant's result is decided, once and for good; what it has open is to be closed. */
  | OfGrant & { readonly kind: "end"; readonly result: GrantResult; readonly atMs: number; readonly closeAfterMs?: number; readonly routing?: readonly RoutingStep[] }
  /** The log is signed. */
  | OfGrant & { readonly kind: "settle"; readonly log: string; readonly atMs: number }
  /** Somebody wants it to end. */
  | OfGrant & { readonly kind: "cancel"; readonly atMs: number }
  /** From now on the machines of another ledger of this owner are this one's. */
  | { readonly kind: "adopt"; readonly ledgerId: string; readonly atMs: number };

/** The kinds of {@link Step}, closed: every one has its kill points. */
export const stepKinds = ["accept", "intend", "created", "ready", "run", "sample", "abandon", "close", "end", "settle", "cancel", "adopt"] as const satisfies readonly Step["kind"][];

/** One of {@link stepKinds}. */
export type StepKind = (typeof stepKinds)[number];

// Fails to compile when a kind is missing from the list.
true satisfies Exclude<Step["kind"], StepKind> extends never ? true : never;
