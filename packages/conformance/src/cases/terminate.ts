import type { ConformanceCase } from "../conformance-case.ts";
import { isBridgeError } from "@bridge/core";
import { claim, same } from "../claim.ts";
import type { Session } from "../session.ts";
import type { Attempt } from "../attempt.ts";

const wait = "an accepted request to end something is not its end: wait until the platform no longer has it, and settleSeconds more";

/** Nothing of the attempt may be there in the moment in which terminate() resolves. */
async function claimNothingLeft(session: Session, attempt: Attempt): Promise<void> {
  const left = (await session.listed(attempt)).filter(({ kind, state }) => kind !== "machine" || state !== "ended");
  claim(left.length === 0, `terminate() resolved, but there still is ${left.map(({ kind, instanceId, state }) => `${kind} ${instanceId} (${state})`).join(", ")}; ${wait}`);
  const things = await session.subject.controls?.things?.() ?? [];
  claim(things.length === 0, `terminate() resolved, but the platform still holds ${things.join(", ")}; ${wait}`);
}

/** Rule 6: terminate closes the attempt. */
export const terminateCases: readonly ConformanceCase[] = [
  {
    name: "terminate resolves when nothing is left, and not before",
    rule: 6,
    why: "The caller forgets the attempt when terminate resolves; what still exists then is never found again.",
    run: async (session) => {
      const { attempt, instance } = await session.machine();
      await session.terminate(instance);
      await claimNothingLeft(session, attempt);
    },
  },
  {
    name: "terminate succeeds ten times",
    rule: 6,
    why: "After a crash nobody knows whether it was done; doing it again must be safe.",
    run: async (session) => {
      const { attempt, instance } = await session.machine();
      for (let i = 0; i < 10; i++) await session.terminate(instance);
      await claimNothingLeft(session, attempt);
    },
  },
  {
    name: "terminate by several callers at once succeeds for all",
    rule: 6,
    why: "A sweep and a user may end the same machine at the same moment.",
    run: async (session) => {
      const { attempt, instance } = await session.machine();
      const other = session.freshBackend();
      await Promise.all([session.backend, session.backend, other, other].map((backend) => session.terminate(instance, backend)));
      await claimNothingLeft(session, attempt);
    },
  },
  {
    name: "terminate of an attempt that never had a machine succeeds",
    rule: 6,
    why: "A process may die between writing the attempt down and creating; the attempt must be closable all the same.",
    run: async (session) => {
      const attempt = await session.attempt();
      await session.terminate(attempt.ref());
      await claimNothingLeft(session, attempt);
    },
  },
  {
    name: "terminate needs no instance id",
    rule: 6,
    why: "When the answer to a create is lost the id is not known, but the machine runs.",
    run: async (session) => {
      const { attempt } = await session.machine();
      await session.terminate(attempt.ref(), session.freshBackend());
      await claimNothingLeft(session, attempt);
    },
  },
  {
    name: "terminate takes what list shows",
    rule: 6,
    why: "A sweep has nothing but the list.",
    run: async (session) => {
      const { attempt } = await session.machine();
      const [listed] = await session.liveMachines(attempt, 1);
      claim(listed !== undefined, "nothing is listed");
      await session.terminate(listed, session.freshBackend());
      await claimNothingLeft(session, attempt);
    },
  },
  {
    name: "terminate ends a machine that was never ready",
    rule: 6,
    why: "What is half made costs as much as what is whole.",
    run: async (session) => {
      const attempt = await session.attempt();
      const broken = session.provision(attempt, { onCreated: () => Promise.reject(new Error("the caller's disk is full")) });
      const error = await broken.then(() => undefined, (thrown: unknown) => thrown);
      claim(error !== undefined, "provision() succeeds though onCreated failed");
      await session.terminate(attempt.ref(), session.freshBackend());
      await claimNothingLeft(session, attempt);
    },
  },
  {
    name: "terminate leaves every other attempt alone",
    rule: 6,
    why: "Ending the wrong machine loses somebody's work.",
    machines: 2,
    run: async (session) => {
      const kept = await session.machine();
      const next = kept.attempt.next();
      const ended = await session.provision(next);
      await session.terminate(ended);
      const [listed] = await session.liveMachines(kept.attempt, 1);
      same(listed?.instanceId, kept.instance.instanceId, "the machine of the other attempt");
    },
  },
  {
    name: "terminate refuses a ref of a scope that it does not hold",
    rule: 6,
    why: "With the wrong account everything looks gone; success would be a guess, and the machine would leak.",
    run: async (session) => {
      const { attempt, instance } = await session.machine();
      const elsewhere = { ...attempt.ref(instance.instanceId), scope: "a-scope-of-somebody-else" };
      await session.failure(session.terminate(elsewhere), "terminate() of a ref of another scope", ["wrong_scope"]);
      await session.liveMachines(attempt, 1);
    },
  },
  {
    name: "terminate waits for an end that takes its time",
    rule: 6,
    why: "An accepted request is no ended machine; disks and addresses go last.",
    needs: ["slowDestroy"],
    run: async (session) => {
      const { attempt, instance } = await session.machine();
      await session.control("slowDestroy")(2);
      await session.terminate(instance);
      await claimNothingLeft(session, attempt);
    },
  },
  {
    name: "terminate goes on when the platform refuses for a while",
    rule: 6,
    why: "Giving up on terminate is a machine that runs for ever.",
    needs: ["refuseDestroy"],
    run: async (session) => {
      const { attempt, instance } = await session.machine();
      await session.control("refuseDestroy")(2);
      // It may go on by itself, or say that it can be called again.
      for (let calls = 1; calls <= 3; calls++) {
        const error: unknown = await session.terminate(instance).then(() => undefined, (thrown: unknown) => thrown);
        if (error === undefined) break;
        claim(isBridgeError(error) && error.retryable, `terminate() gives up: ${String(error)}`);
        claim(calls < 3, "terminate() still fails after the platform has stopped refusing");
      }
      await claimNothingLeft(session, attempt);
    },
  },
  {
    name: "terminate removes remnants",
    rule: 6,
    why: "A forgotten disk is billed like a machine, and nobody sees it.",
    needs: ["leaveRemnant"],
    run: async (session) => {
      const { attempt, instance } = await session.machine();
      await session.control("leaveRemnant")(instance);
      await session.terminate(instance);
      await claimNothingLeft(session, attempt);
    },
  },
  {
    name: "terminate does not believe one list that shows nothing",
    rule: 6,
    why: "Lists lag behind; what was created a moment ago is missing from them.",
    needs: ["hideFromList"],
    run: async (session) => {
      const { attempt } = await session.machine();
      await session.control("hideFromList")(1);
      await session.terminate(attempt.ref(), session.freshBackend());
      await claimNothingLeft(session, attempt);
    },
  },
  {
    name: "terminate outlasts a create that is still on its way",
    rule: 6,
    why: "A machine that appears after its attempt was closed belongs to nobody.",
    needs: ["delayCreate"],
    run: async (session) => {
      const attempt = await session.attempt();
      await session.control("delayCreate")(session.facts.createTimeoutSeconds * 0.6);
      await session.provision(attempt).catch((error: unknown) => error);
      await session.terminate(attempt.ref(), session.freshBackend());
      await session.patience.sleep(session.facts.createTimeoutSeconds);
      await claimNothingLeft(session, attempt);
    },
  },
];
