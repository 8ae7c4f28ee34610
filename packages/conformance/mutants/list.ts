import { BridgeError, type Listing } from "@bridge/core";
import { tagNames } from "@bridge/core/backend";
import { backendMutant, type Mutant, type Mutation } from "./mutant.ts";

const changed = (change: (listing: Listing, name: string, ledgerId: string) => Listing): NonNullable<Mutation["backend"]> => (backend, { name, ledgerId }) =>
  ({ list: async (options) => change(await backend.list(options), name, ledgerId) });

/** Rule 7 broken. */
export const listMutants: readonly Mutant[] = [
  backendMutant(7, "list hides its error", "list that fails says so, and is never an empty list", changed(({ scopes, instances }) => ({ scopes: scopes.map(({ scope }) => ({ scope, complete: true })), instances }))),
  backendMutant(7, "list shows the first page only", "list goes on past the first page", changed(({ scopes, instances }) => ({ scopes, instances: instances.slice(0, 2) }))),
  backendMutant(7, "list shows its own entry's machines only", "list shows machines of other backend names and ledgers of this owner", changed(({ scopes, instances }, name) => ({ scopes, instances: instances.filter(({ backend }) => backend === name) }))),
  backendMutant(7, "list shows its own ledger's machines only", "list shows machines of other backend names and ledgers of this owner", changed(({ scopes, instances }, _name, ledger) => ({ scopes, instances: instances.filter(({ ledgerId }) => ledgerId === ledger) }))),
  backendMutant(7, "list claims all machines for who asks", "list shows machines of other backend names and ledgers of this owner", changed(({ scopes, instances }, name, ledgerId) => ({ scopes, instances: instances.map((each) => ({ ...each, backend: name, ledgerId })) }))),
  backendMutant(7, "list names no scope that is empty", "list names its scopes also when they are empty", changed(({ scopes, instances }) => ({ scopes: instances.length === 0 ? [] : scopes, instances }))),
  backendMutant(7, "list drops the deadline", "list shows a machine to another process, with all that its tags say", changed(({ scopes, instances }) => ({ scopes, instances: instances.map(({ deadlineMs: _deadlineMs, ...rest }) => rest) }))),
  {
    rule: 7, name: "list shows other owners' machines", caughtBy: "list shows nothing of another owner",
    make: () => ({ platform: (platform, { owner }) => ({ list: async () => {
      const { complete, machines } = await platform.list();
      return { complete, machines: machines.map((machine) => ({ ...machine, spec: { ...machine.spec, tags: { ...machine.spec.tags, [tagNames.owner]: owner } } })) };
    } }) }),
  },
  backendMutant(7, "list reverses the difference of the clocks", "list says by how much the platform's clock is ahead of ours, if it says anything", changed(({ scopes, instances }) => ({
    scopes: scopes.map((scope) => ({ ...scope, clockSkewMs: -(scope.clockSkewMs ?? 0) })), instances,
  }))),
  backendMutant(7, "list of all scopes fails with one", "list of one failing scope leaves the others complete", (backend) => ({
    list: async (options) => {
      const { scopes, instances } = await backend.list(options);
      const failed = scopes.some(({ complete }) => !complete);
      return { scopes: scopes.map(({ scope, error }) => ({ scope, complete: !failed, error: error ?? new BridgeError("unavailable", "one of them failed") })), instances };
    },
  }), "kit"),
  backendMutant(7, "list hides remnants", "list shows remnants", changed(({ scopes, instances }) => ({ scopes, instances: instances.filter(({ kind }) => kind === "machine") })), "kit"),
];
