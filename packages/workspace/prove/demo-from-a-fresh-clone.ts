/** A fresh clone, Node and npm: `npm run demo` shows a grant's whole life, ends with 0, and leaves no process and no changed file. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { mustRun } from "../src/run-command.ts";
import { root } from "../src/workspace.ts";

assert.equal(process.platform, "linux", "this proof looks for processes in /proc");
const folder = await mkdtemp(join(tmpdir(), "bridge-clone-"));
// The machine's own Node and npm, not those that this workspace installed; and none of what npm told this process.
const path = (process.env["PATH"] ?? "").split(delimiter).filter((entry) => !entry.startsWith(root)).join(delimiter);
const clean = ["-i", `PATH=${path}`, `HOME=${process.env["HOME"] ?? folder}`, ...["https_proxy", "http_proxy", "no_proxy"].flatMap((name) => (process.env[name] === undefined ? [] : [`${name}=${process.env[name]}`]))];

/** Processes that were started from the clone: its path stands in their environment or command line. */
async function processesOfClone(): Promise<readonly string[]> {
  const ids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const found = await Promise.all(ids.map(async (id) => {
    // A process that ends while it is looked at is none that remains.
    const texts = await Promise.all(["environ", "cmdline"].map((file) => readFile(`/proc/${id}/${file}`, "utf8").catch(() => "")));
    return texts.some((text) => text.includes(folder)) ? [`${id} ${(texts[1] ?? "").replaceAll("\0", " ")}`] : [];
  }));
  return found.flat();
}

try {
  await mustRun("git", ["clone", "--quiet", root, folder]);
  console.log(`machine: Node ${(await mustRun("env", [...clean, "node", "--version"])).trim()}, npm ${(await mustRun("env", [...clean, "npm", "--version"], { folder })).trim().split("\n").at(-1)}`);
  for (const run of ["fresh clone", "again"]) {
    const startedAtMs = performance.now();
    const printed = await mustRun("env", [...clean, "npm", "run", "demo"], { folder, timeoutSeconds: 600 });
    console.log(`${run}: ${((performance.now() - startedAtMs) / 1000).toFixed(1)} s`);
    for (const part of [/^ *ssh .*StrictHostKeyChecking=yes/m, /hello from the workload/, /^usage/m, /exited with code 0/, /nothing left/]) assert.match(printed, part);
    assert.deepEqual(await processesOfClone(), []);
  }
  assert.equal(await mustRun("git", ["status", "--porcelain"], { folder }), "");
  console.log("the SSH command, a command's output over SSH, the usage and \"nothing left\" were printed; no process remains");
} finally {
  await rm(folder, { recursive: true, force: true });
}
