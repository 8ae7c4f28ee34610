import type { ConformanceCase } from "../conformance-case.ts";
import { claim, same } from "../claim.ts";

/** Rule 7: list is complete per scope, or says that it is not. */
export const listCases: readonly ConformanceCase[] = [
  {
    name: "list shows a machine to another process, with all that its tags say",
    rule: 7,
    why: "After a crash the list is all there is; what it does not say cannot be ended or accounted for.",
    run: async (session) => {
      const { attempt, instance } = await session.machine();
      const [listed] = await session.liveMachines(attempt, 1, session.freshBackend());
      const { content: { requestKey, attempt: number, entry, deadlineMs, placement } } = attempt;
      const expected = { instanceId: instance.instanceId, requestKey, attempt: number, backend: entry.name, ledgerId: entry.ledgerId, deadlineMs, scope: placement.scope, kind: "machine" };
      for (const [key, value] of Object.entries(expected)) same(Reflect.get(listed ?? {}, key), value, `${key} in the list`);
    },
  },
  {
    name: "list names its scopes also when they are empty",
    rule: 7,
    why: "Nothing may be concluded about a scope that is not named; without names nothing is ever known to be gone.",
    run: async (session) => {
      const attempt = await session.attempt();
      const { scopes, instances } = await session.backend.list();
      claim(scopes.some(({ scope }) => scope === attempt.content.placement.scope), "the scope of a placement is not among the scopes of list()");
      same(new Set(scopes.map(({ scope }) => scope)).size, scopes.length, "scopes that are named once");
      same(instances.length, 0, "instances of an owner who has none");
    },
  },
  {
    name: "list goes on past the first page",
    rule: 7,
    why: "The machines of the second page run for ever.",
    machines: 3,
    run: async (session) => {
      const count = (session.subject.pageSize ?? 2) + 1;
      if (session.subject.pageSize === undefined) session.notes.push(`${count} machines; the subject names no pageSize, so the platform may have answered in one page`);
      const made = await Promise.all(Array.from({ length: count }, () => session.machine()));
      for (const { attempt } of made) await session.liveMachines(attempt, 1);
      const ids = new Set((await session.completeList()).map(({ instanceId }) => instanceId));
      for (const { instance } of made) claim(ids.has(instance.instanceId), `${instance.instanceId} is missing from one list of ${count} machines`);
    },
  },
];
