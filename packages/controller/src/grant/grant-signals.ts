import type { Work } from "../work.ts";

/** Why a grant is to end before its machine says so. */
export type EndReason = "cancelled" | "deadline";

/** The signals of one grant, for as long as somebody works on it. */
export class GrantSignals {
  readonly #end = new AbortController();
  /** Fires when the grant is to end. */
  readonly ended: AbortSignal = this.#end.signal;
  /** Fires when the grant is to end or the controller stops. */
  readonly interrupted: AbortSignal;
  #reason: EndReason | undefined;

  constructor({ stopping }: Pick<Work, "stopping">) {
    this.interrupted = AbortSignal.any([stopping, this.ended]);
  }

  /** Why it is to end; undefined while it is not. */
  get reason(): EndReason | undefined {
    return this.#reason;
  }

  /** The first reason counts. */
  end(reason: EndReason): void {
    this.#reason ??= reason;
    this.#end.abort();
  }
}
