import { BridgeError } from "@bridge/core/backend";
import { attemptKey } from "../poller/snapshot.ts";
import { within } from "../wait.ts";
import type { Creation } from "./creation.ts";

/** What a create request came to. `isSent` tells whether it left: an error of `mayCreate` is the caller's, not the platform's. */
export type CreateAnswer =
  | { readonly id: string; readonly error?: undefined; readonly isSent: true }
  | { readonly id?: undefined; readonly error: BridgeError; readonly isSent: boolean };

/** Sends the create request of an attempt, in the synchronous step in which it is called. */
export async function sendCreate({ setting, spec, context }: Creation): Promise<CreateAnswer> {
  const { platform, facts, creates } = setting;
  let isSent = false;
  try {
    const { id } = await within(facts.createTimeoutSeconds, "the create request", (settled) => {
      // Rule 1: nothing is awaited between these two.
      context.mayCreate();
      isSent = true;
      creates.noteSent(attemptKey(spec));
      return platform.create(spec, { signal: settled });
    });
    creates.noteAnswered(attemptKey(spec));
    if (typeof id === "string" && id !== "") return { id, isSent: true };
    throw new BridgeError("internal", "the platform's create resolved without an id", { outcome: "unknown" });
  } catch (thrown) {
    const error = setting.mapError(thrown, "provision");
    if (isSent && error.outcome === "none") creates.noteAnswered(attemptKey(spec));
    return { error, isSent };
  }
}
