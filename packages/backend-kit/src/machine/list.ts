import { type CallOptions, type ListedInstance, type Listing, type Scope, tagNames } from "@bridge/core/backend";
import type { RawMachine } from "../platform.ts";
import { throwIfAborted } from "../wait.ts";
import type { MachineSetting } from "./setting.ts";

const operation = "list";

/**
 * The contract's `list` (rule 7): all scopes side by side, each complete or with the error that made it incomplete.
 *
 * @throws BridgeError when not even the scopes are known; `aborted`.
 */
export async function list(setting: MachineSetting, { signal }: CallOptions = {}): Promise<Listing> {
  throwIfAborted(signal);
  const scopes = await setting.call(operation, () => setting.platform.scopes(signal === undefined ? {} : { signal }));
  const answers = await Promise.all(scopes.map(async (scope) => ({ scope, ...(await setting.poller(scope).next({ atOnce: true, signal })) })));
  for (const { error } of answers) if (error?.code === "aborted") throw error;
  return {
    scopes: answers.map(({ scope, error }) => {
      const clockSkewMs = setting.platform.clockSkewMs?.(scope);
      return { scope, complete: error === undefined, ...(error === undefined ? {} : { error }), ...(clockSkewMs === undefined ? {} : { clockSkewMs }) };
    }),
    instances: answers.flatMap(({ scope, snapshot }) => (snapshot?.things ?? []).map((thing) => describe(setting, scope, thing))),
  };
}

/**
 * What a thing is known to be. One of our owner whose other tags are damaged is listed all the same, under this backend,
 * which can reach it, and with `unknown` where nothing is known: it costs money like any other, and `terminate` takes it by id.
 */
function describe({ services }: MachineSetting, scope: Scope, thing: RawMachine): ListedInstance {
  const { tags, region } = thing;
  const attempt = Number(tags[tagNames.attempt]);
  // An empty tag is no deadline in 1970: somebody would act on it.
  const deadline = /^\d{1,15}$/.exec(tags[tagNames.deadlineMs] ?? "")?.[0];
  return {
    backend: tags[tagNames.backend] || services.name,
    scope,
    requestKey: tags[tagNames.request] || "unknown",
    attempt: Number.isSafeInteger(attempt) && attempt > 0 ? attempt : 0,
    placement: { scope, region, size: thing.size ?? "unknown", resolved: {} },
    intentAtMs: thing.createdAtMs ?? 0,
    instanceId: thing.id,
    kind: thing.kind ?? "machine",
    state: thing.state,
    ledgerId: tags[tagNames.ledger] || "unknown",
    ...(deadline === undefined ? {} : { deadlineMs: Number(deadline) }),
  };
}
