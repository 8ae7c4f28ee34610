import type { Scope } from "@bridge/core";
import type { Work } from "../work.ts";
import type { GrantSignals } from "./grant-signals.ts";

/** How soon to look again whether the clock can be trusted. */
export const frozenPauseMs = 30_000;

/** Lets a grant end at a moment, once the clock can be trusted in the scope of its machine. Returns how to take that back. */
export function endAtDeadline(work: Work, signals: GrantSignals, { atMs, scope }: { readonly atMs: number; readonly scope: Scope }): () => void {
  let forget = () => {};
  const arm = (moment: number) => {
    forget = work.deadlines.at(moment, () => (work.trust.isFrozen(scope) ? arm(work.clock.now() + frozenPauseMs) : signals.end("deadline")));
  };
  arm(atMs);
  return () => forget();
}
