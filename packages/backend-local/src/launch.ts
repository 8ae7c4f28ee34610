import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { BridgeError } from "@bridge/core/backend";
import type { MachineSpec } from "@bridge/backend-kit";
import type { AgentSpec } from "./agent/agent-spec.ts";
import { isAlive } from "./process/identity.ts";
import { instanceVariable } from "./process/members.ts";
import type { InstanceDirectory } from "./state/state-directory.ts";

const claimTimeoutMs = 15_000;

/** The agent's program: beside the built entry, or its source when this runs unbuilt. */
const agentPath = (): string => fileURLToPath(new URL(import.meta.url.endsWith(".ts") ? "./agent/main.ts" : "./agent/main.js", import.meta.url));

/** What an instance inherits of our environment: how to find programs and which language to speak, nothing else. */
function inheritedEnvironment(): Record<string, string> {
  const kept = ["PATH", "LANG", "LC_ALL", "TZ", "SHELL", "USER", "LOGNAME", "TMPDIR"];
  return Object.fromEntries(kept.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])));
}

function startAgent(directory: InstanceDirectory, spec: AgentSpec): { exited: () => boolean } {
  mkdirSync(directory.workPath, { recursive: true, mode: 0o700 });
  const log = openSync(join(directory.path, "agent.log"), "a", 0o600);
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", agentPath()], {
    detached: true, // its own session: it outlives us and no terminal of ours can signal it
    cwd: directory.workPath,
    env: { ...inheritedEnvironment(), [instanceVariable]: spec.mark },
    stdio: ["pipe", log, log],
  });
  closeSync(log);
  let exited = false;
  child.on("error", () => { exited = true; });
  child.on("exit", () => { exited = true; });
  child.stdin?.on("error", () => {}); // an agent that ends early is seen by its exit
  child.stdin?.end(JSON.stringify(spec));
  child.unref();
  return { exited: () => exited };
}

/**
 * Starts the process that becomes the instance and waits for the claim. Any number of processes may do this for one attempt,
 * at once or again after a crash: one agent claims the attempt, the others see the claim and leave.
 *
 * @throws BridgeError `attempt_spent` when the claimed machine has ended or the attempt was forbidden; `internal` when the
 * agent does not start; `timeout`.
 */
export async function launchInstance(directory: InstanceDirectory, spec: MachineSpec): Promise<{ readonly id: string }> {
  const { cpuMillicores, ramMib } = spec.grant.manifest;
  const agent = directory.readClaim() !== undefined ? undefined : startAgent(directory, {
    id: directory.id, mark: `${directory.id}.${randomBytes(8).toString("hex")}`, directory: directory.path, requestKey: spec.requestKey, attempt: spec.attempt,
    region: spec.placement.region, size: spec.placement.size, cpuMillicores, ramMib,
    lingerSeconds: Number(spec.placement.resolved["lingerSeconds"] ?? 0),
    tags: { ...spec.tags }, deadlineMs: spec.deadlineMs, hostPrivateKey: spec.hostKey.privateKey, controlPublicKey: spec.controlPublicKey,
  });
  for (let waitedMs = 0; waitedMs < claimTimeoutMs; waitedMs += 10) {
    const exited = agent?.exited() ?? true;
    const claim = directory.readClaim(); // read after the exit was seen: an agent that claims and ends is not missed
    if (claim !== undefined) {
      if (claim.kind === "machine" && !directory.isClosed && isAlive(claim.process)) return { id: claim.id };
      throw new BridgeError("attempt_spent", `the machine of attempt ${directory.id} has already ended, or was never to be made`, { outcome: directory.isClosed || claim.kind === "forbidden" ? "none" : "exists" });
    }
    if (exited) throw new BridgeError("internal", `the process of instance ${directory.id} did not start: ${readFileSync(join(directory.path, "agent.log"), "utf8").slice(-500)}`);
    await sleep(10);
  }
  throw new BridgeError("timeout", `the process of instance ${directory.id} did not claim its attempt within ${claimTimeoutMs / 1000} s`);
}
