import type { AttemptName, Controls } from "@bridge/conformance";
import { tagNames } from "@bridge/core/backend";
import type { TestPlatform } from "./server.ts";

type Labelled = { readonly labels?: Readonly<Record<string, string>> };

const isOf = ({ requestKey, attempt }: AttemptName) => ({ labels = {} }: Labelled): boolean =>
  labels[tagNames.request] === requestKey && labels[tagNames.attempt] === String(attempt);

/** What the conformance kit may see of the platform and do to it. All views are the platform's own, none is the backend's. */
export function controlsOf(platform: TestPlatform): Controls {
  const { faults, inventory, createRequests } = platform;
  const madeFor = (attempt: AttemptName) => inventory.made.filter(({ input }) => isOf(attempt)(input));
  const refusals = { no_capacity: [412, "resource_unavailable"], quota_exceeded: [403, "resource_limit_exceeded"], unauthorized: [401, "unauthorized"] } as const;
  return {
    createRequests: (attempt) => createRequests.filter(isOf(attempt)).length,
    machines: (attempt) => madeFor(attempt).length,
    starts: (attempt) => madeFor(attempt).reduce((sum, { machine }) => sum + machine.starts, 0),
    things: () => [
      ...[...inventory.servers.values()].map(({ id, input, status }) => `server ${id} ${input.name} (${status})`),
      ...[...inventory.addresses].map(([id, serverId]) => `primary IP ${id} of server ${serverId}`),
    ],
    onCreateRequest: (listener) => listenForCreates(platform.endpoint, listener),
    refuseCreate: (wanted) => {
      const [status, code] = refusals[wanted];
      faults.create = { kind: "refuse", status, code };
    },
    loseCreateRequest: () => void (faults.create = { kind: "lose request" }),
    loseCreateAnswer: () => void (faults.create = { kind: "lose answer", afterSeconds: 0 }),
    delayCreate: (seconds) => void (faults.create = { kind: "lose answer", afterSeconds: seconds }),
    slowCreate: (seconds) => void (faults.create = { kind: "slow", seconds }),
    refuseDestroy: (times) => void (faults.refusedDestroys = times),
    slowDestroy: (seconds) => void (faults.slowDestroySeconds = seconds),
    // Nothing is made beside servers. What is left here is a server that is off: no machine runs, and it is billed.
    leaveRemnant: (ref) => {
      for (const held of madeFor(ref)) held.powerOff();
    },
    hideFromList: (times) => void (faults.emptyLists = times),
    failList: (times) => void (faults.failedLists = times),
    wrongHostKey: (connections) => void (faults.wrongHostKeys = connections),
    bannerOnly: (connections) => void (faults.bannersOnly = connections),
    loseStartAnswer: () => void (faults.lostStartAnswers = 1),
    vanish: (ref) => {
      for (const held of madeFor(ref)) inventory.remove(held);
    },
    heal: () => faults.heal(),
    clock: { now: () => platform.now(), advance: (seconds) => platform.advance(seconds) },
  };
}

/** Who wants to hear of create requests, by the platform to which they go: cases run side by side. */
const listeners = new Map<string, () => void>();
const original = globalThis.fetch;

/** Calls back in the synchronous step in which a create request is sent; until {@link stopListening}. */
function listenForCreates(endpoint: string, listener: () => void): void {
  listeners.set(`${endpoint}/servers`, listener);
  globalThis.fetch = (input, init) => {
    if (init?.method === "POST") listeners.get(String(input instanceof Request ? input.url : input))?.();
    return original(input, init);
  };
}

/** Sends requests to a platform unheard again. */
export function stopListening({ endpoint }: TestPlatform): void {
  listeners.delete(`${endpoint}/servers`);
  if (listeners.size === 0) globalThis.fetch = original;
}
