import { isRecord } from "../codec/decoder.ts";
import type { CallOptions, ListedInstance, Listing } from "../backend/v1.ts";
import { BridgeError } from "../errors/bridge-error.ts";

/**
 * Asks one backend, so that one that does not answer holds up nobody else: an answer counts that comes before the signal
 * fires, and within the bound where there is one.
 *
 * @throws BridgeError `timeout`, `aborted`; and whatever the call throws, also one that throws at once.
 */
export async function ask<T>(call: (options: Required<CallOptions>) => Promise<T>, { signal, seconds }: { readonly signal?: AbortSignal | undefined; readonly seconds?: number | undefined } = {}): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const over = new AbortController();
  const onAbort = () => {
    over.abort();
    reject(new BridgeError("aborted", "the call was ended before its answer came"));
  };
  const timer = seconds === undefined ? undefined : setTimeout(() => {
    over.abort();
    reject(new BridgeError("timeout", `no answer within ${seconds} s`));
  }, seconds * 1000);
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    const answer = (async () => call({ signal: over.signal }))();
    if (signal?.aborted === true) onAbort();
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}

const states: readonly unknown[] = ["starting", "running", "ending", "ended"] satisfies readonly ListedInstance["state"][];

const isListed = (value: unknown): boolean => isRecord(value)
  && ["backend", "scope", "requestKey", "instanceId", "ledgerId"].every((member) => typeof value[member] === "string")
  && Number.isSafeInteger(value["attempt"]) && states.includes(value["state"]) && isRecord(value["placement"])
  && (value["deadlineMs"] === undefined || Number.isFinite(value["deadlineMs"]));

/** What a backend listed, if it is a listing. @throws BridgeError `internal`: then nothing is to be concluded from it. */
export function checkedListing(answer: Listing): Listing {
  const value: unknown = answer;
  const isListing = isRecord(value)
    && Array.isArray(value["scopes"]) && value["scopes"].every((scope: unknown) => isRecord(scope) && typeof scope["scope"] === "string" && typeof scope["complete"] === "boolean")
    && Array.isArray(value["instances"]) && value["instances"].every(isListed);
  if (isListing) return answer;
  throw new BridgeError("internal", "the backend answered with something that is no listing");
}
