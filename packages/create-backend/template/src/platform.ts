import { type BackendServices, type CallOptions, type Capabilities, type ComputeGrant, type Placement, tagNames } from "@bridge/core/backend";
import { type MachinePlatform, type MachineSpec, pickSizes, type RawMachine, requireLegalTags, type TagRules } from "@bridge/backend-kit";
import { AcmeApi, type ApiSize } from "./api.ts";
import { mapError } from "./errors.ts";
import type { ParsedOptions } from "./options.ts";
import { rawMachines, rawVolume } from "./raw-machine.ts";

/** From the platform's reference. What is not legal is refused, never changed: it would not be found again. */
const labelRules: TagRules = { what: "labels", maxCount: 32, name: /^[a-z][a-z0-9-]{0,62}$/, value: /^[a-z0-9._-]{0,63}$/ };
const maxUserDataBytes = 32_768;
/** So long after the deadline the platform deletes the machine, so that the normal path reads usage first. */
const graceMs = 300_000;

/** The calls in which this platform differs from others. */
export class AcmePlatform implements MachinePlatform {
  readonly mapError = mapError;
  readonly #api: AcmeApi;
  readonly #options: ParsedOptions;
  readonly #ours: string;
  /** The catalogue as it was last read. */
  #sizes: readonly ApiSize[] | undefined;

  constructor(options: ParsedOptions, { owner }: BackendServices) {
    this.#api = new AcmeApi(options);
    this.#options = options;
    this.#ours = `${tagNames.owner}=${owner}`;
  }

  async scopes(call: CallOptions): Promise<readonly string[]> {
    return [`acme:${(await this.#api.account(call)).id}`];
  }

  async capabilities(call: CallOptions): Promise<Capabilities> {
    const sizes = await this.#readSizes(call);
    const most = (member: "cpuMillicores" | "ramMib" | "storageGib") => Math.max(0, ...sizes.map((size) => size[member]));
    const regions = [...new Set(sizes.flatMap((size) => size.regions))].sort();
    const largest = { maxCpuMillicores: most("cpuMillicores"), maxRamMib: most("ramMib"), maxStorageGib: most("storageGib") };
    return { regions, tdxCapable: false, ...largest, isolation: "vm" };
  }

  async placements({ manifest }: ComputeGrant, call: CallOptions): Promise<readonly Placement[]> {
    const [scope = ""] = await this.scopes(call);
    const sizes = (await this.#readSizes(call)).map((size) => ({ ...size, arch: "amd64" as const }));
    return pickSizes(sizes, manifest).flatMap(({ name, regions }) =>
      regions.filter((region) => manifest.regions.length === 0 || manifest.regions.includes(region)).sort()
        .map((region) => ({ scope, region, size: name, resolved: {} })));
  }

  async create({ name, placement, tags, deadlineMs, userData }: MachineSpec, call: CallOptions): Promise<{ readonly id: string }> {
    const { machine } = await this.#api.createMachine({
      name, region: placement.region, size: placement.size, labels: requireLegalTags(tags, labelRules),
      userData: new TextDecoder().decode(userData({ maxBytes: maxUserDataBytes })),
      deleteAtMs: deadlineMs + graceMs,
    }, call);
    return { id: machine.id };
  }

  async list(_scope: string, call: CallOptions): Promise<readonly RawMachine[]> {
    const sizes = this.#sizes ?? await this.#readSizes(call);
    const [machines, volumes] = await Promise.all([this.#api.machines(this.#ours, call), this.#api.volumes(this.#ours, call)]);
    return [...machines.flatMap((machine) => rawMachines(machine, sizes.find(({ name }) => name === machine.size))), ...volumes.map(rawVolume)];
  }

  async destroy({ id, kind }: RawMachine, call: CallOptions): Promise<void> {
    await this.#api.delete(kind === "disk" ? "volumes" : "machines", id, call);
  }

  async readConsole({ id }: RawMachine, call: CallOptions): Promise<string> {
    return (await this.#api.console(id, call)).text;
  }

  /** The sizes that are offered in the regions of the options. */
  async #readSizes(call: CallOptions): Promise<readonly ApiSize[]> {
    const { regions } = this.#options;
    const { sizes } = await this.#api.sizes(call);
    this.#sizes = sizes.map((size) => ({ ...size, regions: size.regions.filter((region) => regions?.includes(region) ?? true) }))
      .filter((size) => size.regions.length > 0);
    return this.#sizes;
  }
}
