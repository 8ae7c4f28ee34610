import type { Refusal } from "../backend/v1.ts";
import type { Placement } from "../backend/words.ts";
import type { ErrorCode } from "../errors/codes.ts";

/** One decision of a Fleet about one grant. The same in CLI, API, log and error. */
export interface RoutingStep {
  readonly backend: string;
  /** Absent where the backend was refused as a whole. */
  readonly placement?: Placement;
  /** Absent where nothing was tried. */
  readonly attempt?: number;
  /** `refused`: cannot serve. `skipped`: could, but was passed over. `failed`: tried in vain. `served`: made the machine. */
  readonly verdict: "refused" | "skipped" | "failed" | "served";
  readonly reason: Refusal["reason"] | ErrorCode | "ok";
  readonly message?: string;
  readonly milliseconds: number;
}
