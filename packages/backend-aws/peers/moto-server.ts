// moto, an emulator of AWS that others wrote, in a virtual environment of its own.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const requirements = fileURLToPath(new URL("requirements.txt", import.meta.url));
const installTimeoutSeconds = 240;
const startTimeoutSeconds = 60;
/** Without these it accepts any image, type and key. */
const strict = { MOTO_ENABLE_AMI_VALIDATION: "true", MOTO_EC2_ENABLE_INSTANCE_TYPE_VALIDATION: "true", MOTO_ENABLE_KEYPAIR_VALIDATION: "true" };

/** A moto that listens. */
export interface MotoServer {
  readonly endpoint: string;
  readonly version: string;
  readonly close: () => Promise<void>;
}

function run(program: string, parameters: readonly string[]): void {
  const { status, stderr, error } = spawnSync(program, parameters, { encoding: "utf8", stdio: ["ignore", "ignore", "pipe"], timeout: installTimeoutSeconds * 1000 });
  if (status !== 0) throw new Error(`${program} ${parameters.join(" ")} ended with ${status}: ${error?.message ?? stderr}`);
}

/** The folder of programs of the virtual environment, installed once for each requirements.txt. Needs python3 with venv. */
function installMoto(): string {
  const text = readFileSync(requirements, "utf8");
  const cache = process.env["BRIDGE_PEERS_CACHE"] ?? join(tmpdir(), "bridge-peers-cache");
  const folder = join(cache, `moto-${createHash("sha256").update(text).digest("hex").slice(0, 12)}`);
  const stamp = join(folder, "installed");
  if (existsSync(stamp)) return join(folder, "bin");
  console.log(`installing moto into ${folder} …`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(cache, { recursive: true });
  run("python3", ["-m", "venv", folder]);
  run(join(folder, "bin/pip"), ["install", "--quiet", "--disable-pip-version-check", "--no-deps", "--requirement", requirements]);
  writeFileSync(stamp, "");
  return join(folder, "bin");
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function untilItAnswers(endpoint: string, child: ChildProcess): Promise<void> {
  for (const startedMs = performance.now(); performance.now() - startedMs < startTimeoutSeconds * 1000; await sleep(200)) {
    if (child.exitCode !== null) throw new Error(`moto_server ended with ${child.exitCode}`);
    const answers = await fetch(`${endpoint}/moto-api/data.json`, { signal: AbortSignal.timeout(5000) }).then(({ ok }) => ok, () => false);
    if (answers) return;
  }
  throw new Error(`moto_server does not answer within ${startTimeoutSeconds} s`);
}

/** Starts moto on a free port of loopback. */
export async function startMoto(): Promise<MotoServer> {
  const programs = installMoto();
  const [, version = "unknown"] = /^moto==(.+)$/m.exec(readFileSync(requirements, "utf8")) ?? [];
  const port = await freePort();
  const child = spawn(join(programs, "moto_server"), ["-H", "127.0.0.1", "-p", String(port)], { stdio: "ignore", env: { ...process.env, ...strict } });
  const endpoint = `http://127.0.0.1:${port}`;
  const close = async () => {
    if (child.exitCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  };
  try {
    await untilItAnswers(endpoint, child);
    return { endpoint, version, close };
  } catch (error) {
    await close();
    throw error;
  }
}
