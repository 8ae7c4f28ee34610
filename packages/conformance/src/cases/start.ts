import { claim, same } from "../claim.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { provisionAndDie } from "../second-process.ts";

/** Rule 4: the workload starts at most once, and not before it may. */
export const startCases: readonly ConformanceCase[] = [
  {
    name: "onCreated comes before onReady, and both carry the machine's ref",
    rule: 4,
    why: "The caller writes both down; what is not written down before the start cannot be accounted for.",
    run: async (session) => {
      const attempt = await session.attempt();
      const refs: (string | undefined)[] = [];
      const instance = await session.provision(attempt, { onCreated: async (ref) => void refs.push(ref.instanceId), onReady: async (ref) => void refs.push(ref.instanceId) });
      const order = attempt.events.join(", ");
      claim(/^mayCreate, onCreated, (onCreated, )*onReady/.test(order), `hooks were called as ${order}`);
      for (const id of refs) same(id, instance.instanceId, "instanceId given to a hook");
    },
  },
  {
    name: "the workload does not start before onReady has resolved",
    rule: 4,
    why: "A workload that runs before it is written down runs twice after a crash.",
    needs: ["starts"],
    run: async (session) => {
      const attempt = await session.attempt();
      let before = -1;
      await session.provision(attempt, { onReady: async () => {
        await session.patience.sleep(0.5);
        before = await session.control("starts")(attempt.ref());
      } });
      same(before, 0, "starts of the workload while onReady is under way");
      await session.patience.until(async () => await session.control("starts")(attempt.ref()) === 1, 10, "the workload has started once provision() has resolved");
    },
  },
  {
    name: "onReady that throws keeps the workload from starting",
    rule: 4,
    why: "The caller could not write it down; the machine must wait, or be terminated.",
    needs: ["starts"],
    run: async (session) => {
      const attempt = await session.attempt();
      const error = await session.provision(attempt, { onReady: () => Promise.reject(new Error("the caller's disk is full")) }).then(() => undefined, (thrown: unknown) => thrown);
      claim(error !== undefined, "provision() succeeds though onReady failed");
      claim(attempt.count("onReady") > 0, `provision() failed before onReady: ${String(error)}`);
      await session.patience.sleep(0.5);
      same(await session.control("starts")(attempt.ref()), 0, "starts of the workload");
      same((await session.liveMachines(attempt, 1)).length, 1, "machines that wait for the caller");
    },
  },
  {
    name: "ten provisions of one attempt start its workload once",
    rule: 4,
    why: "A workload that runs twice pays, mails or deletes twice.",
    needs: ["starts"],
    run: async (session) => {
      const attempt = await session.attempt();
      for (let i = 0; i < 9; i++) await session.provision(attempt);
      await session.provision(attempt, { backend: session.freshBackend() });
      await session.patience.sleep(0.5);
      same(await session.control("starts")(attempt.ref()), 1, "starts of the workload");
    },
  },
  {
    name: "a process that dies after the readiness leaves a workload that starts once",
    rule: 4,
    why: "The one that takes over cannot know whether the start was sent; the machine must.",
    needs: ["starts"],
    run: async (session) => {
      const attempt = await session.attempt();
      await provisionAndDie(session, attempt, "onReady");
      await Promise.all([session.provision(attempt), session.provision(attempt, { backend: session.freshBackend() })]);
      await session.patience.sleep(0.5);
      same(await session.control("starts")(attempt.ref()), 1, "starts of the workload");
    },
  },
  {
    name: "a start whose answer was lost is not done twice",
    rule: 4,
    why: "The connection may break between the start and its answer.",
    needs: ["starts", "loseStartAnswer"],
    run: async (session) => {
      const attempt = await session.attempt();
      await session.control("loseStartAnswer")();
      await session.provision(attempt).catch((error: unknown) => error);
      await session.provision(attempt);
      same(await session.control("starts")(attempt.ref()), 1, "starts of the workload");
    },
  },
];
