import { isBridgeError } from "@bridge/core";
import { secondOwner } from "../leftovers.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { claim, same } from "../claim.ts";

const hourMs = 3_600_000;
/** Platforms say whole seconds, and two calls take their time. */
const slackMs = 30_000;

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
      // Platforms list for a while what has ended, and on a real one this owner has had machines.
      const { scopes, instances } = await session.freshBackend({ owner: `${session.entry.owner}-0` }).list();
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
  {
    name: "list shows machines of other backend names and ledgers of this owner",
    rule: 7,
    why: "An entry that was renamed, or a ledger that was lost, leaves machines that only the list can show.",
    machines: 3,
    run: async (session) => {
      const other = session.freshBackend({ name: "another-entry" });
      const stranger = session.freshBackend({ ledgerId: "another-ledger" });
      const made = [
        await session.machine(), await session.machine({ backend: other, entry: { name: "another-entry" } }),
        await session.machine({ backend: stranger, entry: { ledgerId: "another-ledger" } }),
      ];
      for (const backend of [session.backend, other, stranger]) {
        for (const { attempt } of made) {
          const [listed] = await session.liveMachines(attempt, 1, backend);
          same(listed?.backend, attempt.content.entry.name, "backend in the list, from the tag and not from who asks");
          same(listed?.ledgerId, attempt.content.entry.ledgerId, "ledgerId in the list, from the tag and not from who asks");
        }
      }
    },
  },
  {
    name: "list shows nothing of another owner",
    rule: 7,
    why: "Two installations share an account; the sweep of one would end the machines of the other.",
    machines: 2,
    run: async (session) => {
      const foreign = { owner: secondOwner(session.entry.owner) };
      const theirs = session.freshBackend(foreign);
      const { attempt } = await session.machine();
      const { attempt: other } = await session.machine({ backend: theirs, entry: foreign });
      same((await session.listed(other)).length, 0, "things of another owner that are listed");
      same((await session.listed(attempt, theirs)).length, 0, "things of ours that the other owner sees");
      await session.liveMachines(other, 1, theirs);
    },
  },
  {
    name: "list that fails says so, and is never an empty list",
    rule: 7,
    why: "Who believes an empty list concludes that everything has ended, and stops paying attention to what still runs.",
    needs: ["failList"],
    run: async (session) => {
      const { attempt } = await session.machine();
      const backend = session.freshBackend();
      await session.control("failList")(1);
      const listing = await session.called(() => backend.list()).catch((error: unknown) => error as Error); // a BridgeError, as called() has seen
      if (listing instanceof Error) return;
      const scope = listing.scopes.find((each) => each.scope === attempt.content.placement.scope);
      const shown = listing.instances.some(({ requestKey }) => requestKey === attempt.content.requestKey);
      claim(scope === undefined || !scope.complete || shown, "list() says that the scope is complete and shows no machine, though the platform failed to answer; a caught error must become { scope, complete: false, error }");
      claim(scope === undefined || scope.complete || isBridgeError(scope.error), "an incomplete scope carries no BridgeError that says why");
      await session.liveMachines(attempt, 1, backend);
    },
  },
  {
    name: "list of one failing scope leaves the others complete",
    rule: 7,
    why: "One region that is down must not hide, nor hold up, all the others.",
    needs: ["failScope"],
    run: async (session) => {
      const { attempt } = await session.machine();
      const { scope } = attempt.content.placement;
      const others = (await session.backend.list()).scopes.filter((each) => each.scope !== scope);
      claim(others.length > 0, "the subject holds one scope only; failScope needs two");
      await session.control("failScope")(others[0]?.scope ?? "");
      const { scopes } = await session.called(() => session.freshBackend().list());
      same(scopes.find((each) => each.scope === scope)?.complete, true, "complete, of the scope that answers");
      same(scopes.find((each) => each.scope === others[0]?.scope)?.complete, false, "complete, of the scope that fails");
    },
  },
  {
    name: "list says by how much the platform's clock is ahead of ours, if it says anything",
    rule: 7,
    why: "A deadline by a wrong clock ends machines that have hours left; with the sign reversed, nobody notices.",
    run: async (session) => {
      const skewsOf = async (clockAheadMs: number) => (await session.called(() => session.freshBackend({ clockAheadMs }).list())).scopes.map(({ clockSkewMs }) => clockSkewMs);
      const behind = await skewsOf(-hourMs);
      const even = await skewsOf(0);
      if (behind.every((skew) => skew === undefined)) session.notes.push("the platform does not say its time");
      for (const [index, skew] of behind.entries()) {
        const difference = (skew ?? 0) - (even[index] ?? 0);
        claim(skew === undefined || Math.abs(difference - hourMs) < slackMs, `with our clock an hour behind, clockSkewMs grows by ${difference} ms instead of ${hourMs} ms`);
      }
    },
  },
  {
    name: "list shows remnants",
    rule: 7,
    why: "A disk whose machine is gone is billed, and nobody else will ever look for it.",
    needs: ["leaveRemnant"],
    run: async (session) => {
      const { attempt, instance } = await session.machine();
      await session.control("leaveRemnant")(instance);
      await session.patience.until(async () => (await session.listed(attempt)).some(({ kind }) => kind !== "machine"), session.facts.settleSeconds + 5, "the remnant is listed, as something that is no machine");
    },
  },
];
