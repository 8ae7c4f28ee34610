import { readdirSync, readFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { FirstAttempt, MadeMachine, Site, SiteOptions } from "./site.ts";

/** What a claim of the local backend says of the machine that it stands for. */
interface Claim {
  readonly kind: "machine" | "forbidden";
  readonly createdAtMs: number;
}

const pluginOf: Readonly<Record<FirstAttempt, string>> = {
  served: "@bridge/backend-local",
  refused: fileURLToPath(new URL("./refusing-local.ts", import.meta.url)),
  unknown: fileURLToPath(new URL("./forgetful-local.ts", import.meta.url)),
};

/** This machine. Its books are the state directory, the process table, and what the workloads write. */
export function localSite({ folder, firstAttempt }: SiteOptions): Site {
  const first = { use: pluginOf[firstAttempt], name: "first", options: { stateDirectory: join(folder, "first"), lingerSeconds: 0.2 } };
  const second = { use: pluginOf.served, name: "second", options: { stateDirectory: join(folder, "second"), lingerSeconds: 0.2 } };
  const backends = firstAttempt === "served" ? [first] : [first, second];
  const instances = () => backends.flatMap(({ options: { stateDirectory } }) => {
    const path = join(stateDirectory, "instances");
    return existsSync(path) ? readdirSync(path).map((id) => ({ id, path: join(path, id) })) : [];
  });
  const claimed = () => instances().flatMap(({ id, path }) => {
    if (!existsSync(join(path, "claim.json"))) return [];
    const claim = JSON.parse(readFileSync(join(path, "claim.json"), "utf8")) as Claim; // the local backend's own record
    return claim.kind === "machine" ? [{ id, path, ...claim }] : [];
  });
  return {
    backends,
    kill: () => {},
    made: async () => claimed().map(({ id, createdAtMs: madeAtMs }): MadeMachine => {
      const [requestKey = "", attempt] = id.split("-");
      return { requestKey, attempt: Number(attempt), madeAtMs };
    }),
    left: async () => [
      ...claimed().filter(({ path }) => !existsSync(join(path, "closed"))).map(({ id }) => `instance ${id}`),
      ...instances().flatMap(({ id }) => processesOf(id).map((pid) => `process ${pid} of ${id}`)),
    ],
    wrong: async () => [],
    close: async () => {
      for (const pid of instances().flatMap(({ id }) => processesOf(id))) process.kill(pid, "SIGKILL");
    },
  };
}

/** Processes that carry an instance's mark, the one who writes this not among them. */
function processesOf(id: string): readonly number[] {
  return readdirSync("/proc").map(Number).filter((pid) => {
    try {
      return Number.isSafeInteger(pid) && readFileSync(`/proc/${pid}/environ`, "latin1").includes(`BRIDGE_INSTANCE=${id}.`);
    } catch {
      return false; // it has ended meanwhile
    }
  });
}
