import { type BackendServices, type CallOptions, type Capabilities, type ComputeGrant, type Placement, type Refusal, tagNames } from "@bridge/core/backend";
import { type MachinePlatform, type MachineSpec, type RawMachine, requireLegalTags, type TagRules } from "@bridge/backend-kit";
import { mapError } from "./errors.ts";
import type { ParsedOptions } from "./options.ts";
import { Podman } from "./podman.ts";
import { rawMachines, sizeLabel, sizeName } from "./raw-machine.ts";

const labelRules: TagRules = { what: "podman labels", maxCount: 32, name: /^[a-z][a-z0-9.-]*$/, value: /^[a-z0-9-]*$/ };
/** Linux takes 128 KiB in one variable; base64 makes 4 of 3. */
const maxUserDataBytes = 65_536;

/** The calls in which podman differs from other platforms. */
export class PodmanPlatform implements MachinePlatform {
  readonly mapError = mapError;
  readonly #podman: Podman;
  readonly #options: ParsedOptions;
  readonly #services: BackendServices;

  constructor(options: ParsedOptions, services: BackendServices) {
    this.#podman = new Podman(options.command);
    this.#options = options;
    this.#services = services;
  }

  async scopes(call: CallOptions): Promise<readonly string[]> {
    const { host, store } = await this.#podman.info(call);
    return [`podman:${host.hostname}:${store.graphRoot}`];
  }

  async capabilities(call: CallOptions): Promise<Capabilities> {
    const { host: { arch, cpus, memTotal } } = await this.#podman.info(call);
    return {
      regions: [this.#options.region], tdxCapable: false, isolation: "container", architectures: [arch === "arm64" ? "arm64" : "amd64"],
      maxCpuMillicores: cpus * 1000, maxRamMib: Math.floor(memTotal / 1_048_576),
    };
  }

  refusals({ imageDigest }: ComputeGrant): readonly Refusal[] {
    return imageDigest === undefined ? [] : [{ reason: "image", message: "wants an image; a machine that is a container runs no containers" }];
  }

  async placements({ manifest: { cpuMillicores, ramMib } }: ComputeGrant, call: CallOptions): Promise<readonly Placement[]> {
    const { region, image } = this.#options;
    const [[scope = ""], imageId] = await Promise.all([this.scopes(call), this.#podman.imageId(image, call)]);
    return [{ scope, region, size: sizeName(cpuMillicores, ramMib), resolved: { imageId } }];
  }

  async create({ name, placement, tags, deadlineMs, grant: { manifest }, userData }: MachineSpec, call: CallOptions): Promise<{ readonly id: string }> {
    const { address, runArguments, graceSeconds } = this.#options;
    const labels = { ...requireLegalTags(tags, labelRules), [sizeLabel]: placement.size };
    const seconds = Math.max(1, Math.ceil((deadlineMs - this.#services.now()) / 1000) + graceSeconds);
    const id = await this.#podman.run([
      "--name", name, "--hostname", name, ...Object.entries(labels).flatMap(([key, value]) => ["--label", `${key}=${value}`]),
      "--pull", "never", "--systemd", "always", "--tty", "--log-driver", "k8s-file", "--timeout", String(seconds),
      "--cpus", String(manifest.cpuMillicores / 1000), "--memory", `${manifest.ramMib}m`,
      "--publish", `${address.includes(":") ? `[${address}]` : address}::22`,
      // By its name only: arguments can be read by everybody on this machine, the environment cannot.
      "--env", "BRIDGE_USER_DATA", ...runArguments, String(placement.resolved["imageId"]),
    ], { ...call, variables: { BRIDGE_USER_DATA: Buffer.from(userData({ maxBytes: maxUserDataBytes })).toString("base64") } });
    return { id };
  }

  async list(_scope: string, call: CallOptions): Promise<readonly RawMachine[]> {
    const containers = await this.#podman.containers(`${tagNames.owner}=${this.#services.owner}`, call);
    return containers.flatMap((container) => rawMachines(container, this.#options));
  }

  async destroy({ id }: RawMachine, call: CallOptions): Promise<void> {
    await this.#podman.remove(id, call);
  }

  async readConsole({ id }: RawMachine, call: CallOptions): Promise<string> {
    return this.#podman.console(id, call);
  }
}
