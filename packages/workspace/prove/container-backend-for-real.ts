/** A backend outside of the workspace, from packed tarballs alone, on a real container engine: real cloud-init and systemd take the kit's user data, and the conformance kit passes. */
// On CI a sample of the cases; everywhere else, and with BRIDGE_TEST_ALL=1, all. Needs root, podman and mmdebstrap. The image's root file
// system is kept in BRIDGE_PODMAN_CACHE, by default below the folder for temporary files.
import assert from "node:assert/strict";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { useTarballs, withConsumerProject } from "../src/consumer-project.ts";
import { addToCountsFile } from "../src/counts.ts";
import { mustRun, runCommand } from "../src/run-command.ts";
import { root, trackedFiles } from "../src/workspace.ts";

const example = "examples/backend-podman";
const sample = [
  "rule 1:", "rule 3: SSH", "rule 3: the requester", "rule 3: a host key that is late", "rule 4: the workload", "rule 4: ten", "rule 6: terminate resolves", "rule 6: terminate removes",
  "rule 7: list shows a machine", "rule 7: list goes on", "rule 7: list shows remnants", "rule 8: a workload that exits with 7", "rule 9: a machine dies",
];
const isSample = process.env["CI"] !== undefined && process.env["BRIDGE_TEST_ALL"] !== "1";
const cache = process.env["BRIDGE_PODMAN_CACHE"] ?? join(tmpdir(), "bridge-podman-cache");

const startedAtMs = performance.now();
const say = (text: string) => console.log(`${((performance.now() - startedAtMs) / 1000).toFixed(0).padStart(4)} s  ${text}`);

/** An engine that shares nothing with the one of this machine: containers, images, networks and events of its own. */
interface Engine {
  readonly command: readonly string[];
  readonly runArguments: readonly string[];
  readonly podman: (...parameters: readonly string[]) => Promise<string>;
}

function engineIn(folder: string): Engine {
  const isCgroup2 = existsSync("/sys/fs/cgroup/cgroup.controllers");
  const command = [
    "podman", "--root", join(folder, "store"), "--runroot", join(folder, "run"), "--tmpdir", join(folder, "tmp"), "--network-config-dir", join(folder, "networks"),
    "--cgroup-manager", "cgroupfs", "--events-backend", "file", ...(isCgroup2 ? [] : ["--runtime", "runc"]),
  ];
  // Podman's defaults are above what a machine without CAP_SYS_RESOURCE may give away.
  const limits = ["--pids-limit=0", "--ulimit=nofile=4096:4096", "--ulimit=nproc=4096:4096"];
  const [program = "", ...before] = command;
  return { command, runArguments: [...limits, "--network", "bridge-test"], podman: (...parameters) => mustRun(program, [...before, ...parameters]) };
}

/** Boots one machine without any user data and tells which software it consists of. */
async function versions({ podman, runArguments }: Engine): Promise<string> {
  const shown = (await podman("version", "--format", "{{.Client.Version}}")).trim();
  const inside = await podman("run", "--rm", ...runArguments, "bridge-machine", "sh", "-c", "systemctl --version | head -1; cloud-init --version; . /etc/os-release; echo $PRETTY_NAME");
  const lines = inside.split(/\r?\n/).filter((line) => /^(systemd|Debian|.*cloud-init) /.test(line));
  return `podman ${shown}, ${lines.join(", ")}`;
}

/** Nothing of the engine may be left: no container, no process, no mount. */
async function claimNothingLeft({ podman }: Engine, folder: string): Promise<void> {
  assert.equal((await podman("ps", "--all", "--quiet")).trim(), "", "containers are left");
  const processes = (await mustRun("ps", ["-eo", "pid,args"])).split("\n").filter((line) => line.includes(join(folder, "run")));
  assert.deepEqual(processes, [], "processes are left");
}

async function removeEngine({ podman }: Engine, folder: string): Promise<void> {
  await podman("rm", "--all", "--force", "--time", "0");
  await podman("network", "rm", "--force", "bridge-test");
  const mounts = readFileSync("/proc/self/mountinfo", "utf8").split("\n").map((line) => line.split(" ")[4] ?? "").filter((path) => path.startsWith(`${folder}/`));
  for (const mount of mounts.reverse()) await mustRun("umount", [mount]);
  rmSync(folder, { recursive: true, force: true });
}

/** Installs the example in a folder of its own, and runs its lint, types and conformance there. */
async function checkExample(engine: Engine): Promise<void> {
  await withConsumerProject(["@bridge/core", "@bridge/backend-kit", "@bridge/conformance"], [], async ({ folder, tarballs }) => {
    const place = `${folder}-backend`;
    try {
      for (const path of trackedFiles(example)) cpSync(join(root, path), join(place, path.slice(example.length + 1)));
      useTarballs(place, tarballs);
      const environment = {
        PATH: `${dirname(process.execPath)}:${process.env["PATH"] ?? ""}`,
        BRIDGE_PODMAN: JSON.stringify(engine.command), BRIDGE_PODMAN_RUN: JSON.stringify(engine.runArguments),
      };
      const npm = (words: readonly string[], timeoutSeconds = 120) => runCommand("npm", words, { folder: place, environment, timeoutSeconds });
      for (const words of [["install", "--no-audit", "--no-fund", "--prefer-offline"], ["run", "lint"], ["run", "types"], ["run", "build"]]) {
        const { code, output } = await npm(words);
        assert.equal(code, 0, output);
      }
      say("installed from tarballs; its lint, types and build are right");
      const { code, output } = await npm(["test", ...(isSample ? ["--", "-t", sample.join("|")] : [])], 800);
      const [summary = "", passed = "0", failed = "1"] = /^podman: (\d+) passed, (\d+) failed, .*$/m.exec(output) ?? [];
      addToCountsFile({ passed: Number(passed), failed: Number(failed), skipped: 0 });
      console.log(output.trim().replaceAll(/^/gm, "        "));
      say(`${isSample ? "a sample of the kit" : "the whole kit"}: ${summary}`);
      assert.equal(code, 0, "the conformance kit fails");
    } finally {
      rmSync(place, { recursive: true, force: true });
    }
  });
}

const folder = mkdtempSync(join(tmpdir(), "bridge-podman-"));
const engine = engineIn(folder);
// Whoever has no more time for it must not inherit its machines.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void removeEngine(engine, folder).finally(() => process.exit(1)));
try {
  const printed = await mustRun(join(root, example, "image/build-image.sh"), ["bridge-machine", ...engine.command], { environment: { CACHE: cache } });
  await engine.podman("network", "create", "bridge-test");
  say(`the image is there: ${printed.trim().split("\n").at(-1) ?? ""}`);
  say(await versions(engine));
  await checkExample(engine);
  await claimNothingLeft(engine, folder);
  say("nothing is left: no container, no process");
} finally {
  await removeEngine(engine, folder);
}
