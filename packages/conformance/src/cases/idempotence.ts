import { type ProvisionedInstance } from "@bridge/core";
import type { Attempt } from "../attempt.ts";
import { claim, same } from "../claim.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { NotObserved } from "../run-case.ts";
import { type KillPoint, provisionAndDie, provisionElsewhere } from "../second-process.ts";
import type { Session } from "../session.ts";

const members = ["instanceId", "publicHost", "sshPort", "user", "hostKey", "startedAt", "requestKey", "attempt", "scope", "backend"] as const;

/** One machine, and the same for everybody. */
async function claimOneMachine(session: Session, attempt: Attempt, instances: readonly ProvisionedInstance[]): Promise<void> {
  const [first, ...others] = instances;
  for (const other of others) for (const member of members) same(other[member], first?.[member], `${member} of the same attempt, asked for again`);
  const [listed] = await session.liveMachines(attempt, 1);
  same(listed?.instanceId, first?.instanceId, "the machine that is listed");
  const { machines, starts } = session.subject.controls ?? {};
  if (machines !== undefined) same(await machines(attempt.ref()), 1, "machines that the platform made");
  if (starts !== undefined) same(await starts(attempt.ref()), 1, "starts of the workload");
}

const killPoints: Readonly<Record<KillPoint, string>> = {
  mayCreate: "before the create was sent", creating: "while the create was under way", onCreated: "before the machine's id was written down", onReady: "before the workload was started",
};

/** Rule 2: the same attempt is the same machine. */
export const idempotenceCases: readonly ConformanceCase[] = [
  {
    name: "ten provisions of one attempt give the same machine",
    rule: 2,
    why: "Every retry above the backend relies on it; else each retry is one more machine.",
    run: async (session) => {
      const attempt = await session.attempt();
      const instances: ProvisionedInstance[] = [];
      for (let i = 0; i < 10; i++) instances.push(await session.provision(attempt));
      await claimOneMachine(session, attempt, instances);
    },
  },
  {
    name: "provisions of one attempt at once give the same machine",
    rule: 2,
    why: "Callers do not know of each other; looking first and creating then leaves a gap for both.",
    run: async (session) => {
      const attempt = await session.attempt();
      const other = session.freshBackend();
      const backends = [session.backend, session.backend, session.backend, other, other];
      await claimOneMachine(session, attempt, await Promise.all(backends.map((backend) => session.provision(attempt, { backend }))));
    },
  },
  {
    name: "two processes that provision one attempt at once get the same machine",
    rule: 2,
    why: "Replicas take over from each other; nothing in one process's memory protects the other.",
    run: async (session) => {
      const attempt = await session.attempt();
      await claimOneMachine(session, attempt, await Promise.all([provisionElsewhere(session, attempt), provisionElsewhere(session, attempt), session.provision(attempt)]));
    },
  },
  ...(["mayCreate", "creating", "onCreated", "onReady"] as const).map((killAt): ConformanceCase => ({
    name: `after kill -9 ${killPoints[killAt]}, provision gives the one machine`,
    rule: 2,
    why: "Processes die at the worst moment; what they began must be found again, not begun again.",
    run: async (session) => {
      const attempt = await session.attempt();
      await provisionAndDie(session, attempt, killAt);
      await claimOneMachine(session, attempt, [await session.provision(attempt, { backend: session.freshBackend() }), await session.provision(attempt)]);
    },
  })),
  {
    name: "the same attempt with other arguments is a conflict, and the machine lives on",
    rule: 2,
    why: "A machine that was made for something else must not be handed out as if it were this one.",
    run: async (session) => {
      const { attempt, instance } = await session.machine();
      const { grant, envelope, keys } = attempt.content;
      const others = {
        "another command": attempt.with({ envelope: { ...envelope, command: ["/bin/sh", "-c", "sleep 3599"] } }),
        "another environment": attempt.with({ envelope: { ...envelope, environment: { ...envelope.environment, ADDED: "1" } } }),
        "another size": attempt.with({ grant: { ...grant, manifest: { ...grant.manifest, ramMib: grant.manifest.ramMib + 1 } } }),
        "another requester's key": attempt.with({ keys: { ...keys, requesterPublicKey: keys.control.publicKey }, envelope: { ...envelope, sshPublicKey: keys.control.publicKey } }),
      };
      for (const backend of [session.backend, session.freshBackend()]) {
        for (const [what, other] of Object.entries(others)) {
          const error = await session.failure(session.provision(other, { backend }), `provision() of the same attempt with ${what}`, ["conflict"]);
          claim(error.outcome !== "none", "a conflict has outcome none though the machine is there; the caller would not terminate it");
        }
      }
      await claimOneMachine(session, attempt, [instance, await session.provision(attempt)]);
    },
  },
  {
    name: "an attempt whose machine has ended is spent",
    rule: 2,
    why: "A second machine for a workload that has already run would run it twice.",
    run: async (session) => {
      const { attempt, instance, end } = await session.machineThatExits(0);
      await end();
      await session.patience.within(session.backend.watchUntilExit(instance, attempt.content.grant.validTo), session.seconds.call + 30, "watchUntilExit()");
      const look = async () => !(await session.listed(attempt)).some(({ kind, state }) => kind === "machine" && state !== "ended");
      await session.patience.until(look, 60, "the machine is listed as ended, or no longer");
      if (!(await session.listed(attempt)).some(({ kind }) => kind === "machine")) throw new NotObserved("the ended machine was no longer listed");
      for (const backend of [session.backend, session.freshBackend()]) {
        const error = await session.failure(session.provision(attempt, { backend }), "provision() of an attempt whose machine has ended", ["attempt_spent"]);
        claim(error.ref !== undefined, "attempt_spent carries no ref");
      }
      await session.liveMachines(attempt, 0);
    },
  },
  {
    name: "an attempt that was terminated is never made again",
    rule: 2,
    why: "A late retry must not bring back a machine that everybody believes to be gone.",
    unobservable: ({ plugin: { facts: { replayWindowSeconds, idempotency } } }) => (idempotency === "search" ? "by its facts, the platform recognises a repeated create only by searching"
      : replayWindowSeconds === undefined ? undefined : `by its facts, the platform remembers a name or token for ${replayWindowSeconds} s only`),
    run: async (session) => {
      const { attempt, instance } = await session.machine();
      await session.terminate(instance);
      await session.failure(session.provision(attempt, { backend: session.freshBackend() }), "provision() of an attempt that was terminated", ["attempt_spent"]);
      await session.liveMachines(attempt, 0);
    },
  },
  {
    name: "the next attempt at the same grant is another machine",
    rule: 2,
    why: "An attempt that failed for good must not stand in the way of the next.",
    machines: 2,
    run: async (session) => {
      const { attempt, instance } = await session.machine();
      const next = attempt.next();
      const second = await session.provision(next);
      claim(second.instanceId !== instance.instanceId, "two attempts have the same machine");
      same(second.attempt, 2, "attempt in the handle");
      await session.liveMachines(attempt, 1);
      await session.liveMachines(next, 1);
    },
  },
];
