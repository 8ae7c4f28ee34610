import { statfsSync } from "node:fs";
import { arch, availableParallelism, totalmem } from "node:os";
import {
  type BackendServices, BridgeError, type Capabilities, type ComputeGrant, type Finding, type InstanceRef, isBridgeError, type Placement, type Refusal, tagNames,
} from "@bridge/core/backend";
import type { MachinePlatform, MachineSpec, MappedError, RawMachine } from "@bridge/backend-kit";
import { diagnose } from "./diagnose.ts";
import { endInstance } from "./end-instance.ts";
import { launchInstance } from "./launch.ts";
import { listInstance } from "./list-instance.ts";
import type { ParsedOptions } from "./options.ts";
import { defaultStateDirectory, StateDirectory } from "./state/state-directory.ts";

/** The platform that is this machine: its state directory is the list, its processes are the machines. */
export class LocalPlatform implements MachinePlatform {
  readonly #options: ParsedOptions;
  readonly #services: BackendServices;
  #opened: StateDirectory | undefined;

  constructor(options: ParsedOptions, services: BackendServices) {
    this.#options = options;
    this.#services = services;
  }

  /** Opened on first use: constructing a backend reads no environment. */
  get #state(): StateDirectory {
    this.#opened ??= new StateDirectory(this.#options.stateDirectory ?? defaultStateDirectory());
    return this.#opened;
  }

  async scopes(): Promise<readonly string[]> {
    return [this.#state.scope()];
  }

  async capabilities(): Promise<Capabilities> {
    const { region, maxCpuMillicores = availableParallelism() * 1000, maxRamMib = Math.floor(totalmem() / 1_048_576) } = this.#options;
    const { bavail, bsize } = statfsSync(this.#state.ensured());
    return {
      regions: [region],
      tdxCapable: false,
      maxCpuMillicores,
      maxRamMib,
      maxStorageGib: Math.floor((bavail * bsize) / 1_073_741_824),
      architectures: [arch() === "arm64" ? "arm64" : "amd64"],
      isolation: "process",
    };
  }

  refusals({ imageDigest }: ComputeGrant): readonly Refusal[] {
    return imageDigest === undefined ? [] : [{ reason: "image", message: "wants an image; runs commands as processes of this machine only" }];
  }

  async placements(): Promise<readonly Placement[]> {
    this.#state.forgetExpired(this.#services.now());
    return [{ scope: this.#state.scope(), region: this.#options.region, size: "process", resolved: { lingerSeconds: this.#options.lingerSeconds } }];
  }

  async create(spec: MachineSpec): Promise<{ readonly id: string }> {
    return launchInstance(this.#state.instance(idOf(spec)), spec);
  }

  async list(): Promise<readonly RawMachine[]> {
    return this.#state.instances().flatMap(listInstance).filter(({ tags }) => tags[tagNames.owner] === this.#services.owner);
  }

  async destroy({ tags }: RawMachine): Promise<void> {
    const requestKey = tags[tagNames.request] ?? "";
    await endInstance(this.#state.instance(idOf({ requestKey, attempt: Number(tags[tagNames.attempt]) })));
  }

  async forbid(ref: InstanceRef): Promise<void> {
    // Held a day beyond the longest that a grant with this attempt could still be handed in here, which only its claim knows.
    this.#state.instance(idOf(ref)).claim({ kind: "forbidden", deadlineMs: this.#services.now() + 366 * 86_400_000 });
  }

  async diagnose(): Promise<readonly Finding[]> {
    return diagnose(this.#state.ensured());
  }

  mapError(error: unknown): MappedError | undefined {
    if (isBridgeError(error)) return { code: error.code, ...(error.outcome === undefined ? {} : { outcome: error.outcome }) };
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "EACCES" || code === "EPERM" || code === "EROFS") return { code: "forbidden", message: `the state directory or a process is not ours to use: ${String(error)}` };
    if (code === "ENOSPC" || code === "EMFILE" || code === "EAGAIN") return { code: "no_capacity", message: String(error) };
    return undefined;
  }
}

function idOf({ requestKey, attempt }: Pick<InstanceRef, "requestKey" | "attempt">): string {
  if (/^[a-z2-7]{26}$/.test(requestKey) && Number.isSafeInteger(attempt) && attempt > 0) return `${requestKey}-${attempt}`;
  throw new BridgeError("invalid_option", `not the name of an attempt: request key "${requestKey}", attempt ${attempt}`);
}
