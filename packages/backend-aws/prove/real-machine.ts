import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { knownHostsLine } from "@bridge/core/keys";
import { type CommandResult, runCommand } from "../../workspace/src/run-command.ts";
import type { ContainerEngine } from "../../workspace/src/container-engine.ts";
import type { Launch } from "./launches.ts";

/** What a client said and how it ended; standard output alone in `printed`. */
export interface Answer extends CommandResult {
  readonly printed: string;
}

/** A Debian that boots with systemd, cloud-init (NoCloud) and sshd from the user data of a launch, and a client of OpenSSH for it. */
export class RealMachine {
  readonly launch: Launch;
  readonly id: string;
  readonly port: number;
  readonly #engine: ContainerEngine;
  readonly #folder: string;

  private constructor(launch: Launch, engine: ContainerEngine, { id, port, folder }: { readonly id: string; readonly port: number; readonly folder: string }) {
    this.launch = launch;
    this.id = id;
    this.port = port;
    this.#engine = engine;
    this.#folder = folder;
  }

  /** Boots it, with the tags of the launch as labels. `userData` in place of the launch's own. */
  static async boot(launch: Launch, { engine, folder, userData = launch.userData }: { readonly engine: ContainerEngine; readonly folder: string; readonly userData?: Uint8Array }): Promise<RealMachine> {
    const [program = "", ...before] = engine.command;
    const labels = Object.entries(launch.tags).filter(([name]) => name.startsWith("bridge-")).flatMap(([name, value]) => ["--label", `${name}=${value}`]);
    const parameters = [
      ...before, "run", "--detach", ...labels, "--pull", "never", "--systemd", "always", "--tty", "--log-driver", "k8s-file", "--cpus", "1", "--memory", "512m",
      "--publish", "127.0.0.1::22", "--env", "BRIDGE_USER_DATA", ...engine.runArguments, engine.image,
    ];
    const { code, output } = await runCommand(program, parameters, { environment: { BRIDGE_USER_DATA: Buffer.from(userData).toString("base64") } });
    if (code !== 0) throw new Error(`podman run ended with ${code}:\n${output}`);
    const id = output.trim().split("\n").at(-1) ?? "";
    const port = Number((await engine.podman("port", id, "22")).trim().split(":").at(-1));
    return new RealMachine(launch, engine, { id, port, folder });
  }

  /**
   * Runs OpenSSH's client, which knows the machine's key beforehand and takes no other.
   *
   * @param hostKey what it expects; default: the key that the launch carried
   */
  async ssh(login: { readonly user: string; readonly privateKey: string }, words: readonly string[], { input = "", hostKey = this.launch.hostKey.publicKey, options = [] }: { readonly input?: string; readonly hostKey?: string; readonly options?: readonly string[] } = {}): Promise<Answer> {
    const key = this.#file(login.privateKey);
    const known = this.#file(`${knownHostsLine({ host: "127.0.0.1", port: this.port, hostKey })}\n`);
    const parameters = [
      "-F", "none", "-i", key, "-o", `UserKnownHostsFile=${known}`, "-o", "GlobalKnownHostsFile=/dev/null", "-o", "StrictHostKeyChecking=yes", "-o", "UpdateHostKeys=no",
      "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes", "-o", "ConnectTimeout=5", "-o", "LogLevel=ERROR", "-p", String(this.port), ...options, `${login.user}@127.0.0.1`, ...words,
    ];
    return new Promise((resolve) => {
      const child = execFile("ssh", parameters, { timeout: 30_000 }, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : typeof error.code === "number" ? error.code : 1, printed: stdout, output: `${stdout}${stderr}`.trim() }));
      child.stdin?.on("error", () => {}).end(input);
    });
  }

  /** Runs a verb as Bridge does: as the control account, with its key. */
  control(verb: string, input = ""): Promise<Answer> {
    return this.ssh({ user: "bridge-control", privateKey: this.launch.controlKey.privateKey }, verb === "" ? [] : [verb], { input });
  }

  /** Runs a command in the machine past SSH; what it prints. */
  async inside(...words: readonly string[]): Promise<Answer> {
    const [program = "", ...before] = this.#engine.command;
    const { code, output } = await runCommand(program, [...before, "exec", this.id, ...words], { timeoutSeconds: 60 });
    return { code, output: output.trim(), printed: output };
  }

  /** The last of what it has written to its console. */
  console(): Promise<string> {
    return this.#engine.podman("logs", this.id);
  }

  /** Whether it runs, and since when it does not, in milliseconds since the Unix epoch. */
  async state(): Promise<{ readonly runs: boolean; readonly endedAtMs: number }> {
    const [status, finished = "0"] = (await this.#engine.podman("inspect", "--format", "{{.State.Status}} {{.State.FinishedAt.UnixMilli}}", this.id)).trim().split(" ");
    return { runs: status === "running", endedAtMs: Number(finished) };
  }

  /** Waits until it has switched itself off; when that was. */
  async ended(withinSeconds: number): Promise<number> {
    return until(withinSeconds, "the machine switches itself off", async () => {
      const { runs, endedAtMs } = await this.state();
      return runs ? undefined : endedAtMs;
    });
  }

  /** Waits until the control channel answers; what it said. */
  async ready(withinSeconds: number): Promise<Answer> {
    return until(withinSeconds, "the control channel answers", async () => {
      const answer = await this.control("status");
      return answer.code === 0 ? answer : undefined;
    });
  }

  #file(content: string): string {
    const path = join(this.#folder, randomBytes(8).toString("hex"));
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  }
}

/** Asks until there is an answer. */
export async function until<T>(withinSeconds: number, what: string, ask: () => Promise<T | undefined>): Promise<T> {
  const untilMs = performance.now() + withinSeconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() >= untilMs) throw new Error(`did not happen within ${withinSeconds} s: ${what}`);
    await sleep(500);
  }
}
