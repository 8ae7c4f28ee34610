/** The embedding examples, installed from our packed tarballs: a grant's whole life in a plain program; Bridge in somebody's Fastify application, under their prefix, with their authentication and logger. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type ConsumerProject, withConsumerProject } from "../src/consumer-project.ts";
import { mustRun } from "../src/run-command.ts";
import { readManifest, root } from "../src/workspace.ts";

const secret = { BRIDGE_MASTER_SECRET: "proof ".repeat(8) };
const longestLines = 60;
const startedAtMs = performance.now();
const say = (text: string) => console.log(`${((performance.now() - startedAtMs) / 1000).toFixed(0).padStart(4)} s  ${text}`);

/** Installs an example by its own package.json, ours from tarballs, into an empty project, and checks its types there. */
async function withExample(name: string, use: (project: ConsumerProject) => Promise<void>): Promise<void> {
  const dependencies = Object.entries(readManifest(`examples/${name}`).dependencies ?? {});
  const ours = dependencies.filter(([dependency]) => dependency.startsWith("@bridge/")).map(([dependency]) => dependency);
  const others = dependencies.filter(([dependency]) => !dependency.startsWith("@bridge/")).map(([dependency, version]) => `${dependency}@${version}`);
  const typesForNode = `@types/node@${readManifest(".").devDependencies?.["@types/node"] ?? ""}`;
  await withConsumerProject([...ours, "@bridge/backend-kit"], [...others, typesForNode], async (project) => {
    const sources = readdirSync(join(root, "examples", name)).filter((file) => file.endsWith(".ts"));
    for (const file of sources) {
      cpSync(join(root, "examples", name, file), join(project.folder, file));
      const lines = readFileSync(join(project.folder, file), "utf8").trimEnd().split("\n").length;
      assert.ok(lines < longestLines, `${name}/${file} has ${lines} lines`);
      say(`${name}/${file}: ${lines} lines`);
    }
    await mustRun("npm", ["pkg", "set", "type=module"], { folder: project.folder });
    const compilerOptions = { module: "nodenext", target: "es2023", lib: ["es2023", "esnext.disposable"], types: ["node"], strict: true, noEmit: true, skipLibCheck: true, allowImportingTsExtensions: true };
    await mustRun("tsc", ["-p", await project.write("tsconfig.json", JSON.stringify({ compilerOptions, files: sources }))], { folder: project.folder });
    await use(project);
  });
}

async function provePlainProgram({ folder }: ConsumerProject): Promise<void> {
  const printed = await mustRun(process.execPath, ["main.ts"], { folder, environment: secret, timeoutSeconds: 60 });
  assert.match(printed, /^ssh -i \S+ .* -p \d+ \S+@127\.0\.0\.1$/m);
  assert.match(printed, /"code": 3/);
  assert.match(printed, /"wallSeconds": \{\s+"value": [1-9]/);
  assert.deepEqual(readdirSync(join(folder, "state")).filter((name) => /-(wal|shm)$/.test(name)), [], "the ledger was not closed");
  say("embed-node: accepted, printed the SSH command, reported exit code 3 and its usage, ended by itself with its ledger closed");
}

/** Starts the application and waits until it listens. */
async function startApplication(folder: string): Promise<{ readonly app: ChildProcess; readonly port: number; readonly log: () => string }> {
  const app = spawn(process.execPath, ["main.ts"], { cwd: folder, env: { ...process.env, ...secret, PORT: "0" }, stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  app.stdout?.setEncoding("utf8").on("data", (more: string) => { text += more; });
  for (let i = 0; i < 300 && app.exitCode === null; i++) {
    const port = /Server listening at http:\/\/127\.0\.0\.1:(\d+)/.exec(text)?.[1];
    if (port !== undefined) return { app, port: Number(port), log: () => text };
    await sleep(100);
  }
  throw new Error(`the application does not listen:\n${text}`);
}

async function stopApplication(app: ChildProcess): Promise<void> {
  const ended = once(app, "exit");
  app.kill("SIGTERM");
  const [code] = await ended as [number | null]; // what a child process emits
  assert.equal(code, 0, "the application did not close by itself");
}

const nowSeconds = Math.floor(Date.now() / 1000);
const submission = (requestId: string, seconds: number) => ({
  grant: { requestId, validFrom: nowSeconds, validTo: nowSeconds + seconds, manifest: { cpuMillicores: 100, ramMib: 64, storageGib: 0, arch: "amd64", tdx: "none", regions: [] } },
  envelope: { sshPublicKey: `ssh-ed25519 ${Buffer.concat([Buffer.from([0, 0, 0, 11]), Buffer.from("ssh-ed25519"), Buffer.from([0, 0, 0, 32]), Buffer.alloc(32, 7)]).toString("base64")}`, command: ["sleep", "600"], environment: { CANARY: "canary-of-the-proof" } },
});

interface Answer {
  readonly status: number;
  readonly body: { readonly requestKey: string; readonly state: string; readonly code: string; readonly message: string; readonly hello?: string };
}

const clientOf = (port: number, who: string | undefined) => async (method: string, path: string, body?: object): Promise<Answer> => {
  const headers = { ...(who === undefined ? {} : { authorization: `Bearer token-of-${who}` }), ...(body === undefined ? {} : { "content-type": "application/json" }) };
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }), signal: AbortSignal.timeout(30_000) });
  return { status: response.status, body: await response.json() as Answer["body"] }; // as far as it is looked at below
};

type Client = ReturnType<typeof clientOf>;

async function until(client: Client, requestKey: string, state: string): Promise<void> {
  for (let i = 0; i < 300; i++) {
    if ((await client("GET", `/compute/grants/${requestKey}`)).body.state === state) return;
    await sleep(100);
  }
  throw new Error(`${requestKey} is not ${state} after 30 s`);
}

/** Sends a whole request and hangs up before the answer. */
async function submitAndHangUp(port: number, body: object): Promise<void> {
  const text = JSON.stringify(body);
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  socket.write(`POST /compute/grants HTTP/1.1\r\nhost: x\r\nauthorization: Bearer token-of-ann\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`, () => socket.resetAndDestroy());
  await once(socket, "close");
}

async function proveFastify({ folder }: ConsumerProject): Promise<void> {
  const first = await startApplication(folder);
  const [ann, bob, nobody] = [clientOf(first.port, "ann"), clientOf(first.port, "bob"), clientOf(first.port, undefined)];
  assert.equal((await nobody("GET", "/")).body.hello, "this is your application");
  assert.equal((await ann("POST", "/grants", submission("a", 300))).status, 404, "it answers outside of its prefix");
  assert.equal((await nobody("POST", "/compute/grants", submission("a", 300))).status, 401);
  const { status, body: { requestKey } } = await ann("POST", "/compute/grants", submission("a", 300));
  assert.equal(status, 202);
  await until(ann, requestKey, "running");
  assert.equal((await ann("POST", "/compute/grants", submission("a", 300))).body.requestKey, requestKey);
  say("embed-fastify: under its prefix, for known callers only; a grant runs, and the same submission gets the same answer");

  assert.deepEqual([(await bob("GET", `/compute/grants/${requestKey}`)).status, (await bob("DELETE", `/compute/grants/${requestKey}`)).status], [404, 404]);
  const bad = await ann("POST", "/compute/grants", { ...submission("b", 300), grant: { ...submission("b", 300).grant, validTo: "soon" } });
  const conflict = await ann("POST", "/compute/grants", submission("a", 400));
  const expired = await ann("POST", "/compute/grants", { ...submission("c", 300), grant: { ...submission("c", 300).grant, validFrom: 0, validTo: 1 } });
  assert.deepEqual([bad, conflict, expired, await ann("POST", "/compute/grants", {})].map((answer) => [answer.status, answer.body.code]), [[400, "invalid_grant"], [409, "conflict"], [403, "grant_expired"], [400, "FST_ERR_VALIDATION"]]);
  say("embed-fastify: another's grant is not found; each error has the status of its code");

  await submitAndHangUp(first.port, submission("hung-up", 300));
  for (let i = 0; i < 100 && !first.log().includes('"requestId":"hung-up"'); i++) await sleep(100);
  const hungUp = /"requestKey":"([a-z2-7]{26})","requestId":"hung-up"/.exec(first.log())?.[1];
  assert.ok(hungUp !== undefined, "the grant of a client that hung up was not accepted");
  await until(ann, hungUp, "running");
  const limited = await ann("POST", "/compute/grants", submission("third", 300));
  assert.deepEqual([limited.status, limited.body.code], [429, "limit_exceeded"]);
  say("embed-fastify: a client hung up, its grant runs; a third one exceeds ann's limit of two");

  await stopApplication(first.app);
  const lines = first.log().trim().split("\n").map((line) => JSON.parse(line) as { readonly name: string; readonly msg: string }); // pino's
  assert.ok(lines.every(({ name }) => name === "your-app") && lines.some(({ msg }) => msg === "grant accepted"), "Bridge did not write to the application's logger");
  assert.doesNotMatch(first.log(), /canary-of-the-proof/);
  assert.ok(!existsSync(join(folder, "state/ledger.db-wal")), "the ledger was not closed");
  const second = await startApplication(folder);
  const again = clientOf(second.port, "ann");
  assert.equal((await again("GET", `/compute/grants/${requestKey}`)).body.state, "running");
  say(`embed-fastify: SIGTERM closed it, ${lines.length} lines of its own logger, no secret among them; started again, both grants still run`);
  for (const key of [requestKey, hungUp]) {
    assert.equal((await again("DELETE", `/compute/grants/${key}`)).status, 200);
    await until(again, key, "settled");
  }
  await stopApplication(second.app);
  say("embed-fastify: cancelled, settled, closed");
}

await withExample("embed-node", provePlainProgram);
await withExample("embed-fastify", proveFastify);
