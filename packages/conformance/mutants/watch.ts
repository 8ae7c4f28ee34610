import { BridgeError, type UsageMetrics } from "@bridge/core";
import { backendMutant, type Mutant, type Mutation } from "./mutant.ts";

const changed = (change: (usage: UsageMetrics) => UsageMetrics | Promise<UsageMetrics>): NonNullable<Mutation["backend"]> => (backend) =>
  ({ watchUntilExit: async (ref, validTo, options) => change(await backend.watchUntilExit(ref, validTo, options)) });
const unknown = { source: "unknown" } as const;
const lost: UsageMetrics = { wallSeconds: unknown, cpuCoreSeconds: unknown, ramMibSeconds: unknown, networkRxBytes: unknown, networkTxBytes: unknown, exit: { reason: "lost" } };

/** Rules 8 and 9 broken. */
export const watchMutants: readonly Mutant[] = [
  backendMutant(8, "watch makes up an exit code", "a workload that exits with 7 is told as exited, with 7", changed((usage) => ({ ...usage, exit: { ...usage.exit, code: 0 } }))),
  backendMutant(8, "watch loses exit code 0", "a workload that exits with 0 is told as exited, with 0", changed((usage) => ({ ...usage, exit: { reason: usage.exit.code === 0 ? "lost" : usage.exit.reason } }))),
  backendMutant(8, "watch guesses the network", "usage is in meters that say where they come from", changed((usage) => ({ ...usage, networkRxBytes: { value: 1, source: "allocated" } }))),
  backendMutant(8, "watch terminates", "watch resolves at validTo, not before, and does not terminate", (backend) => ({
    watchUntilExit: async (ref, validTo, options) => {
      const usage = await backend.watchUntilExit(ref, validTo, options);
      await backend.terminate(ref);
      return usage;
    },
  })),
  backendMutant(8, "watch does not notice that the machine is gone", "watch of a machine that is gone resolves as lost", changed((usage) => (usage.exit.reason === "lost" ? new Promise(() => {}) : usage))),
  backendMutant(8, "watch calls everything that is gone lost", "watch of an attempt that is gone, past validTo, resolves as deadline", changed((usage) => ({ ...usage, exit: usage.exit.reason === "deadline" ? { reason: "lost" } : usage.exit }))),
  backendMutant(8, "watch calls a terminated machine expired", "watch of a machine that is terminated resolves", changed((usage) => ({ ...usage, exit: usage.exit.reason === "terminated" ? { reason: "deadline" } : usage.exit }))),
  backendMutant(8, "watch knows only what its own process made", "watch can be taken up by another process", (backend) => {
    const made = new Set<string>();
    return {
      provision: (grant, envelope, context) => {
        made.add(context.requestKey);
        return backend.provision(grant, envelope, context);
      },
      watchUntilExit: async (ref, validTo, options) => {
        if (!made.has(ref.requestKey)) throw new BridgeError("not_found", "no such machine");
        return backend.watchUntilExit(ref, validTo, options);
      },
    };
  }),
  backendMutant(8, "watch has room for one", "twenty watches of one machine all resolve alike", (backend) => {
    let watching = 0;
    return { watchUntilExit: async (ref, validTo, options) => (watching++ > 0 ? new Promise(() => {}) : backend.watchUntilExit(ref, validTo, options)) };
  }),
  backendMutant(8, "watch believes one list", "watch is not misled by one list that does not show the machine", (backend) => ({
    watchUntilExit: async (ref, validTo, options) => {
      const { scopes, instances } = await backend.list();
      const gone = scopes.every(({ complete }) => complete) && !instances.some(({ requestKey }) => requestKey === ref.requestKey);
      return gone ? lost : backend.watchUntilExit(ref, validTo, options);
    },
  })),
  backendMutant(8, "watch ends with a list that fails", "watch outlasts a list that fails", (backend) => ({
    watchUntilExit: async (ref, validTo, options) => {
      const { scopes } = await backend.list();
      if (scopes.some(({ complete }) => !complete)) throw new BridgeError("unavailable", "the list failed");
      return backend.watchUntilExit(ref, validTo, options);
    },
  })),
  backendMutant(8, "watch needs a list to know that the time is up", "a watch ends by validTo while the platform cannot be asked", (backend) => ({
    watchUntilExit: async (ref, validTo, options) => {
      const usage = await backend.watchUntilExit(ref, validTo, options);
      const { scopes } = await backend.list();
      return scopes.every(({ complete }) => complete) ? usage : new Promise(() => {});
    },
  })),
  backendMutant(8, "watch takes a foreign scope for an empty one", "watch of another scope is refused", (backend) => ({
    watchUntilExit: async (ref, validTo, options) => backend.watchUntilExit(ref, validTo, options).catch((error: unknown) => {
      if (error instanceof BridgeError && error.code === "wrong_scope") return lost;
      throw error;
    }),
  })),
  backendMutant(8, "watch goes on when it is aborted", "an aborted watch ends at once", (backend) => ({ watchUntilExit: (ref, validTo) => backend.watchUntilExit(ref, validTo) })),
  {
    rule: 9, name: "machines live until Bridge ends them", caughtBy: "a machine dies at its deadline though Bridge is gone",
    make: () => ({ platform: (platform) => ({ create: (spec) => platform.create({ ...spec, deadlineMs: Number.MAX_SAFE_INTEGER }) }) }),
  },
  {
    rule: 9, name: "machines that are found again live for ever", caughtBy: "a machine that was found again dies at its deadline, too",
    make: () => {
      const seen = new Set<string>();
      return { platform: (platform) => ({ start: async (name) => {
        const { machine } = await platform.read(name);
        if (seen.has(name) && machine !== undefined) Object.assign(machine.spec, { deadlineMs: Number.MAX_SAFE_INTEGER });
        seen.add(name);
        return platform.start(name);
      } }) };
    },
  },
  backendMutant(9, "machines die when Bridge goes away", "a machine that lives is not ended before its deadline when Bridge goes away", (backend) => ({
    close: async () => {
      for (const each of (await backend.list()).instances) await backend.terminate(each);
      await backend.close?.();
    },
  })),
];
