import { type BridgeError } from "@bridge/core";
import { claim, same } from "../claim.ts";
import type { Attempt, Hooks } from "../attempt.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import type { Session } from "../session.ts";

/** Aborts a provision at a moment, and gives its error, which must come soon. */
async function abortedAt(session: Session, attempt: Attempt, hooksOf: (abort: () => void) => Hooks, what: string): Promise<BridgeError> {
  const controller = new AbortController();
  const { promise: aborted, resolve } = Promise.withResolvers<void>();
  const abort = () => {
    controller.abort();
    resolve();
  };
  const work = session.provision(attempt, { ...hooksOf(abort), signal: controller.signal });
  const failed = session.failure(work, `provision() that is aborted ${what}`, ["aborted"]);
  failed.catch(() => {}); // looked at below
  await Promise.race([aborted, failed.catch(() => {})]);
  claim(await session.patience.settles(failed, session.facts.createTimeoutSeconds + session.seconds.prompt), `provision() goes on after it was aborted ${what}; waits must end at once`);
  return failed;
}

async function claimTold(session: Session, attempt: Attempt, error: BridgeError): Promise<void> {
  same(error.outcome, "exists", "outcome");
  const [listed] = await session.liveMachines(attempt, 1);
  same(error.ref?.instanceId, listed?.instanceId, "instanceId of the error's ref");
}

/** Rule 5: on abort waits end at once, a create in flight is finished, and the error says what is there. */
export const abortCases: readonly ConformanceCase[] = [
  {
    name: "calls whose signal has already fired do nothing",
    rule: 5,
    why: "Work that nobody waits for any more may still create machines.",
    run: async (session) => {
      const attempt = await session.attempt();
      const signal = AbortSignal.abort();
      const { backend } = session;
      const { content: { grant } } = attempt;
      await session.failure(session.provision(attempt, { signal }), "provision() with a fired signal", ["aborted"]);
      same(attempt.count("mayCreate"), 0, "calls of mayCreate()");
      const calls: Readonly<Record<string, () => Promise<unknown>>> = {
        capabilities: () => backend.capabilities({ signal }), list: () => backend.list({ signal }), terminate: () => backend.terminate(attempt.ref(), { signal }),
        watchUntilExit: () => backend.watchUntilExit(attempt.ref(), grant.validTo, { signal }), ...(backend.placements === undefined ? {} : { placements: () => backend.placements?.(grant, { signal }) ?? Promise.resolve() }),
      };
      for (const [name, call] of Object.entries(calls)) await session.failure(session.patience.within(session.called(call), session.seconds.prompt, name), `${name}() with a fired signal`, ["aborted"]);
      await session.liveMachines(attempt, 0);
    },
  },
  {
    name: "an abort while the create is in flight lets it finish, and tells what it left",
    rule: 5,
    why: "A request cannot be called back; looking away does not keep the machine from being made.",
    run: async (session) => {
      const attempt = await session.attempt();
      // In the step after the one in which the request was sent.
      const error = await abortedAt(session, attempt, (abort) => ({ mayCreate: () => queueMicrotask(abort) }), "while its create is in flight");
      claim(error.outcome !== undefined, "the error has no outcome");
      await session.patience.sleep(session.facts.settleSeconds);
      const listed = await session.listed(attempt);
      if (error.outcome === "none") same(listed.length, 0, "machines after outcome none");
      if (error.outcome === "exists") await claimTold(session, attempt, error);
    },
  },
  {
    name: "an abort once the machine is created tells of it",
    rule: 5,
    why: "The caller has to end it, and can only if it knows the machine.",
    run: async (session) => {
      const attempt = await session.attempt();
      await claimTold(session, attempt, await abortedAt(session, attempt, (abort) => ({ onCreated: async () => abort() }), "in onCreated"));
    },
  },
  {
    name: "an abort while the machine boots ends the wait at once",
    rule: 5,
    why: "Bridge is told to stop and has seconds, not the minutes that a boot takes.",
    needs: ["bannerOnly"],
    run: async (session) => {
      const attempt = await session.attempt();
      await session.control("bannerOnly")(Number.MAX_SAFE_INTEGER);
      const error = await abortedAt(session, attempt, (abort) => ({ progress: (stage) => (stage === "connecting" || stage === "booting" ? queueMicrotask(abort) : undefined) }), "while it waits for SSH");
      await claimTold(session, attempt, error);
      same(attempt.count("onReady"), 0, "calls of onReady");
    },
  },
  {
    name: "an abort once the machine is ready tells of it, and does not start the workload",
    rule: 5,
    why: "What is cancelled must not run.",
    run: async (session) => {
      const attempt = await session.attempt();
      await claimTold(session, attempt, await abortedAt(session, attempt, (abort) => ({ onReady: async () => abort() }), "in onReady"));
      same(await session.subject.controls?.starts?.(attempt.ref()) ?? 0, 0, "starts of the workload");
    },
  },
  {
    name: "an aborted attempt can be provisioned again",
    rule: 5,
    why: "After a restart the same attempt is taken up where it was left.",
    run: async (session) => {
      const attempt = await session.attempt();
      await abortedAt(session, attempt, (abort) => ({ onCreated: async () => abort() }), "in onCreated");
      const instance = await session.provision(attempt);
      const [listed] = await session.liveMachines(attempt, 1);
      same(listed?.instanceId, instance.instanceId, "the machine that is listed");
    },
  },
  {
    name: "an aborted watch ends at once",
    rule: 8,
    why: "A process that shuts down cannot wait until the workload ends.",
    run: async (session) => {
      const { attempt, instance } = await session.machine();
      const controller = new AbortController();
      const watch = session.called(() => session.backend.watchUntilExit(instance, attempt.content.grant.validTo, { signal: controller.signal }));
      claim(!await session.patience.settles(watch, 0.5), "the watch of a running machine has ended");
      controller.abort();
      await session.failure(session.patience.within(watch, session.seconds.prompt, "an aborted watchUntilExit()"), "an aborted watchUntilExit()", ["aborted"]);
      await session.liveMachines(attempt, 1);
    },
  },
  {
    name: "an aborted terminate ends at once, and can be called again",
    rule: 6,
    why: "The end of a machine may take minutes; a process that shuts down has seconds.",
    needs: ["slowDestroy"],
    run: async (session) => {
      const { instance } = await session.machine();
      await session.control("slowDestroy")(4);
      const controller = new AbortController();
      const work = session.called(() => session.backend.terminate(instance, { signal: controller.signal }));
      claim(!await session.patience.settles(work, 0.5), "terminate() has resolved while the machine still exists");
      controller.abort();
      await session.failure(session.patience.within(work, session.seconds.prompt, "an aborted terminate()"), "an aborted terminate()", ["aborted"]);
      await session.terminate(instance);
    },
  },
];
