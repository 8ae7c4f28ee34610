import type { ConformanceCase } from "../conformance-case.ts";
import { claim, same } from "../claim.ts";
import { BridgeError } from "@bridge/core";

/** Rule 1: one create request per attempt. */
export const createCases: readonly ConformanceCase[] = [
  {
    name: "one provision makes one machine, by asking once",
    rule: 1,
    why: "Two create requests for one attempt are two machines, one of which nobody knows and everybody pays.",
    run: async (session) => {
      const { attempt, instance } = await session.machine();
      same(attempt.count("mayCreate"), 1, "calls of mayCreate()");
      const [listed] = await session.liveMachines(attempt, 1);
      same(listed?.instanceId, instance.instanceId, "instanceId in the list");
      const { createRequests, machines } = session.subject.controls ?? {};
      if (createRequests !== undefined) same(await createRequests(attempt.ref()), 1, "create requests that the platform saw");
      if (machines !== undefined) same(await machines(attempt.ref()), 1, "machines that the platform made");
    },
  },
  {
    name: "mayCreate that throws keeps the create from being sent",
    rule: 1,
    why: "A process that lost its lease must not create: the one that took over already does.",
    run: async (session) => {
      const attempt = await session.attempt();
      const refused = session.provision(attempt, { mayCreate: () => {
        throw new BridgeError("lease_lost", "another process took over");
      } });
      await session.failure(refused, "provision() without the permission to create", ["lease_lost"]);
      await session.liveMachines(attempt, 0);
      same(await session.subject.controls?.createRequests?.(attempt.ref()) ?? 0, 0, "create requests that the platform saw");
    },
  },
  {
    name: "mayCreate is called in the same synchronous step as the create request",
    rule: 1,
    why: "Between the permission and the request a lease can be lost; what is awaited there is time in which two processes create.",
    needs: ["onCreateRequest"],
    run: async (session) => {
      let permitted = false;
      let requests = 0;
      let late = 0;
      session.control("onCreateRequest")(() => {
        requests += 1;
        if (!permitted) late += 1;
      });
      const attempt = await session.attempt();
      await session.provision(attempt, { mayCreate: () => {
        permitted = true;
        queueMicrotask(() => {
          permitted = false;
        });
      } });
      claim(requests > 0, "the subject's onCreateRequest was never called");
      same(late, 0, "create requests that were sent after something else was awaited");
    },
  },
  {
    name: "a create that was never answered is not sent again by itself",
    rule: 1,
    why: "A client library that retries a create makes a second machine when only the answer was lost.",
    needs: ["loseCreateRequest", "createRequests"],
    run: async (session) => {
      const attempt = await session.attempt();
      await session.control("loseCreateRequest")();
      const error = await session.failure(session.provision(attempt), "provision() whose create request is lost");
      same(await session.control("createRequests")(attempt.ref()), attempt.count("mayCreate"), "create requests, one per mayCreate()");
      same(attempt.count("mayCreate"), 1, "calls of mayCreate() in one provision()");
      claim(error.outcome !== "none", "the error says outcome none; nobody knows what became of a request that was not answered");
    },
  },
  {
    name: "a create whose answer was lost is adopted",
    rule: 1,
    why: "The machine is there and costs money; making another, or forgetting it, is a leak.",
    needs: ["loseCreateAnswer"],
    run: async (session) => {
      const attempt = await session.attempt();
      await session.control("loseCreateAnswer")();
      await session.provision(attempt).catch((error: unknown) => error);
      await session.provision(attempt);
      await session.liveMachines(attempt, 1);
      same(await session.subject.controls?.machines?.(attempt.ref()) ?? 1, 1, "machines that the platform made");
    },
  },
];
