import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mustRun } from "./run-command.ts";
import { root } from "./workspace.ts";

/** A podman that shares nothing with the one of this machine: containers, images, networks and events of its own. */
export interface ContainerEngine {
  /** Program and the options that stand before its command. */
  readonly command: readonly string[];
  /** Further options of `podman run` that this machine needs. */
  readonly runArguments: readonly string[];
  /** Image that boots systemd, cloud-init and SSH: `examples/backend-podman/image`. */
  readonly image: string;
  /** How it was made, and which software it consists of. */
  readonly about: string;
  readonly podman: (...parameters: readonly string[]) => Promise<string>;
}

const image = "bridge-machine";
const network = "bridge-test";

function engineIn(folder: string): Omit<ContainerEngine, "about"> {
  const isCgroup2 = existsSync("/sys/fs/cgroup/cgroup.controllers");
  const command = [
    "podman", "--root", join(folder, "store"), "--runroot", join(folder, "run"), "--tmpdir", join(folder, "tmp"), "--network-config-dir", join(folder, "networks"),
    "--cgroup-manager", "cgroupfs", "--events-backend", "file", ...(isCgroup2 ? [] : ["--runtime", "runc"]),
  ];
  // Podman's defaults are above what a machine without CAP_SYS_RESOURCE may give away.
  const limits = ["--pids-limit=0", "--ulimit=nofile=4096:4096", "--ulimit=nproc=4096:4096"];
  const [program = "", ...before] = command;
  return { command, image, runArguments: [...limits, "--network", network], podman: (...parameters) => mustRun(program, [...before, ...parameters]) };
}

/** Boots one machine without any user data and tells which software it consists of. */
async function versions({ podman, runArguments }: Omit<ContainerEngine, "about">): Promise<string> {
  const shown = (await podman("version", "--format", "{{.Client.Version}}")).trim();
  const inside = await podman("run", "--rm", ...runArguments, image, "sh", "-c", "systemctl --version | head -1; cloud-init --version; . /etc/os-release; echo $PRETTY_NAME");
  const lines = inside.split(/\r?\n/).filter((line) => /^(systemd|Debian|.*cloud-init) /.test(line));
  return `podman ${shown}, ${lines.join(", ")}`;
}

/** Nothing of the engine may be left: no container, no process, no mount. */
async function claimNothingLeft({ podman }: Omit<ContainerEngine, "about">, folder: string): Promise<void> {
  assert.equal((await podman("ps", "--all", "--quiet")).trim(), "", "containers are left");
  const processes = (await mustRun("ps", ["-eo", "pid,args"])).split("\n").filter((line) => line.includes(join(folder, "run")));
  assert.deepEqual(processes, [], "processes are left");
}

async function remove({ podman }: Omit<ContainerEngine, "about">, folder: string): Promise<void> {
  await podman("rm", "--all", "--force", "--time", "0");
  await podman("network", "rm", "--force", network);
  const mounts = readFileSync("/proc/self/mountinfo", "utf8").split("\n").map((line) => line.split(" ")[4] ?? "").filter((path) => path.startsWith(`${folder}/`));
  for (const mount of mounts.reverse()) await mustRun("umount", [mount]);
  rmSync(folder, { recursive: true, force: true });
}

/**
 * Makes an engine with the image of a machine, hands it over, checks that nothing of it is left, and removes it; also when this
 * process is interrupted. Needs root, podman and mmdebstrap. The image's root file system is kept in BRIDGE_PODMAN_CACHE, by
 * default below the folder for temporary files.
 */
export async function withContainerEngine(use: (engine: ContainerEngine) => Promise<void>): Promise<void> {
  const cache = process.env["BRIDGE_PODMAN_CACHE"] ?? join(tmpdir(), "bridge-podman-cache");
  const folder = mkdtempSync(join(tmpdir(), "bridge-podman-"));
  const engine = engineIn(folder);
  const onSignal = () => void remove(engine, folder).finally(() => process.exit(1));
  // Whoever has no more time for it must not inherit its machines.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, onSignal);
  try {
    const printed = await mustRun(join(root, "examples/backend-podman/image/build-image.sh"), [image, ...engine.command], { environment: { CACHE: cache } });
    await engine.podman("network", "create", network);
    await use({ ...engine, about: `${printed.trim().split("\n").at(-1) ?? ""}; ${await versions(engine)}` });
    await claimNothingLeft(engine, folder);
  } finally {
    await remove(engine, folder);
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, onSignal);
  }
}
