import { execFile } from "node:child_process";

/** A container as `podman ps --format json` prints it; members that we do not use are left out. */
export interface Container {
  readonly Id: string;
  readonly State: string;
  readonly Labels: Readonly<Record<string, string>> | null;
  readonly Ports: readonly { readonly container_port: number; readonly host_port: number }[] | null;
  /** Seconds since the Unix epoch. */
  readonly Created: number;
  /** Seconds since the Unix epoch; not positive while it has not ended. */
  readonly ExitedAt: number;
}

/** The part of `podman info` that we use. */
export interface EngineInfo {
  readonly host: { readonly arch: string; readonly cpus: number; readonly memTotal: number; readonly hostname: string };
  readonly store: { readonly graphRoot: string };
}

/** Podman has ended with another code than 0. */
class PodmanError extends Error {
  override readonly name = "PodmanError";
}

type Call = { readonly signal?: AbortSignal };
type Run = Call & { readonly variables?: Readonly<Record<string, string>> };

/** The only file that starts podman: one process for each call, no shell, no retries. */
export class Podman {
  readonly #command: readonly string[];

  constructor(command: readonly string[]) {
    this.#command = command;
  }

  // What podman prints is of the shape that its manual pages document; what we do not use may change.
  info = async (call: Call) => JSON.parse(await this.#run(["info", "--format", "json"], call)) as EngineInfo;
  imageId = async (image: string, call: Call) => (await this.#run(["image", "inspect", "--format", "{{.Id}}", image], call)).trim();
  containers = async (label: string, call: Call) => JSON.parse(await this.#run(["ps", "--all", "--no-trunc", "--filter", `label=${label}`, "--format", "json"], call)) as readonly Container[];
  /** Resolves to the container's id. */
  run = async (parameters: readonly string[], call: Run) => (await this.#run(["run", "--detach", ...parameters], call)).trim();
  remove = (id: string, call: Call) => this.#run(["rm", "--force", "--time", "0", "--volumes", id], call);
  console = (id: string, call: Call) => this.#run(["logs", "--tail", "300", id], call);

  /** Nothing is awaited before `execFile`, so that a create leaves in the step in which it is called. */
  #run(parameters: readonly string[], { signal, variables = {} }: Run): Promise<string> {
    const [program = "", ...before] = this.#command;
    const options = { maxBuffer: 64 * 1024 * 1024, env: { ...process.env, ...variables }, ...(signal === undefined ? {} : { signal }) };
    return new Promise((resolve, reject) => {
      execFile(program, [...before, ...parameters], options, (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        // Not the error's own message: it repeats all arguments.
        else if (typeof error.code === "number") reject(new PodmanError(stderr.trim() || `podman ${parameters[0]} ended with ${error.code}`));
        else reject(error);
      });
    });
  }
}
