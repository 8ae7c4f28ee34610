import { type BackendServices, BridgeError, type CallOptions, type Capabilities, type ComputeGrant, type Finding, type Placement, type Refusal, type Scope, tagNames } from "@bridge/core/backend";
import { type MachinePlatform, type MachineSpec, type RawMachine, requireLegalTags, tagRules } from "@bridge/backend-kit";
import { AwsApi, type Filter, type RunInstancesCommandInput, tagList } from "./api.ts";
import { Catalog } from "./catalog.ts";
import type { ParsedOptions } from "./config.ts";
import { diagnose } from "./diagnose.ts";
import { mapError } from "./errors.ts";
import { Images } from "./images.ts";
import { Kept } from "./kept.ts";
import { Network } from "./network.ts";
import { rawInstance, rawVolume } from "./raw-machine.ts";
import { launchRequest } from "./launch-request.ts";

/** Leases EC2 instances: the calls in which EC2 differs from other platforms. */
export class AwsPlatform implements MachinePlatform {
  readonly mapError = mapError;
  readonly #api: AwsApi;
  readonly #options: ParsedOptions;
  readonly #services: BackendServices;
  readonly #catalog: Catalog;
  readonly #network: Network;
  readonly #images: Images;
  readonly #skewMs = new Map<Scope, number>();
  readonly #sshPort: number;
  readonly #account: Kept<string>;

  constructor(options: ParsedOptions, services: BackendServices, { sshPort }: { readonly sshPort: number }) {
    this.#sshPort = sshPort;
    this.#options = options;
    this.#services = services;
    this.#api = new AwsApi(options, services.now);
    this.#catalog = new Catalog(this.#api, options, services.now);
    this.#network = new Network(this.#api, options, services.now);
    this.#account = new Kept({ now: services.now, maxAgeMs: Number.POSITIVE_INFINITY });
    this.#images = new Images(this.#api, options, services.now);
  }

  async scopes(): Promise<readonly Scope[]> {
    const account = await this.#accountOf();
    return this.#options.regions.map((region) => `aws:${account}:${region}`);
  }

  async capabilities(): Promise<Capabilities> {
    const { regions } = this.#options;
    const byRegion = await Promise.all(regions.map(async (region) => ({ region, sizes: await this.#catalog.sizes(region) })));
    const most = (member: "cpuMillicores" | "ramMib", sizes: readonly { readonly cpuMillicores: number; readonly ramMib: number }[]) => Math.max(0, ...sizes.map((size) => size[member]));
    const all = byRegion.flatMap(({ sizes }) => sizes);
    return {
      regions, tdxCapable: false, isolation: "vm", maxStorageGib: largestDiskGib,
      maxCpuMillicores: most("cpuMillicores", all), maxRamMib: most("ramMib", all), architectures: [...new Set(all.map(({ arch }) => arch))],
      byRegion: Object.fromEntries(byRegion.map(({ region, sizes }) => [region, { maxCpuMillicores: most("cpuMillicores", sizes), maxRamMib: most("ramMib", sizes) }])),
    };
  }

  /** EC2 sells no Intel TDX. */
  refusals({ manifest }: ComputeGrant): readonly Refusal[] {
    return manifest.tdx === "required" ? [{ reason: "tdx", message: "requires Intel TDX; EC2 sells none" }] : [];
  }

  /** By region, then size, then zone; everything that the request is made of is resolved. */
  async placements({ manifest }: ComputeGrant): Promise<readonly Placement[]> {
    const account = await this.#accountOf();
    const regions = this.#options.regions.filter((region) => manifest.regions.length === 0 || manifest.regions.includes(region));
    const markets = { off: ["on-demand"], prefer: ["spot", "on-demand"], only: ["spot"] }[this.#options.spot];
    const diskGib = Math.max(manifest.storageGib, this.#options.minDiskGib);
    const placements: Placement[] = [];
    for (const region of regions) {
      const sizes = await this.#catalog.fitting(region, manifest);
      if (sizes.length === 0) continue;
      const [places, image] = await Promise.all([this.#network.places(region), this.#images.resolve(region, manifest.arch)]);
      for (const { name, zones } of sizes) {
        for (const { zone, subnetId, securityGroupId } of places.filter((place) => zones.includes(place.zone))) {
          for (const market of markets) placements.push({ scope: `aws:${account}:${region}`, region, size: name, pool: `${zone}/${market}`, resolved: { ...image, zone, subnetId, securityGroupId, market, diskGib, ipv6: this.#options.ipv6 } });
        }
      }
    }
    return placements;
  }

  /** Its turn comes at EC2's rate; the credentials are looked at after that, so that they are still good. */
  async beforeCreate({ placement: { region } }: MachineSpec, call: CallOptions): Promise<void> {
    await this.#api.prepare(region, call);
  }

  async create(spec: MachineSpec, call: CallOptions): Promise<{ readonly id: string }> {
    const tags = requireLegalTags({ ...this.#options.tags, ...spec.tags }, tagRules.ec2);
    const input: RunInstancesCommandInput = launchRequest(spec, tagList(tags));
    const instance = await this.#api.runInstance(spec.placement.region, input, call);
    return { id: instance?.InstanceId ?? "" };
  }

  async list(scope: Scope, call: CallOptions): Promise<readonly RawMachine[]> {
    const region = regionOf(scope);
    const ours: Filter = { Name: `tag:${tagNames.owner}`, Values: [this.#services.owner] };
    const [{ answer, clockSkewMs }, volumes] = await Promise.all([
      this.#api.instances(region, [ours], call), this.#api.volumes(region, [ours, { Name: "status", Values: ["available", "error", "deleting"] }], call),
    ]);
    if (clockSkewMs !== undefined) this.#skewMs.set(scope, clockSkewMs);
    // A list is whole without them: what a type's size is then stays unsaid, and so unmetered.
    const sizes = await this.#catalog.sizes(region).catch(() => []);
    return [
      ...answer.flatMap((instance) => rawInstance(instance, { region, sshPort: this.#sshPort, size: sizes.find(({ name }) => name === instance.InstanceType) })),
      ...volumes.map((volume) => rawVolume(volume, region)),
    ];
  }

  clockSkewMs(scope: Scope): number | undefined {
    return this.#skewMs.get(scope);
  }

  async destroy({ id, kind, region }: RawMachine, call: CallOptions): Promise<void> {
    if (kind === "disk") await this.#api.deleteVolume(region, id, call);
    else await this.#api.terminate(region, id, call);
  }

  async readConsole({ id, region }: RawMachine, call: CallOptions): Promise<string> {
    return this.#api.console(region, id, call);
  }

  async diagnose(call: CallOptions): Promise<readonly Finding[]> {
    return diagnose({ api: this.#api, options: this.#options, catalog: this.#catalog, images: this.#images, network: this.#network, account: () => this.#accountOf() }, call);
  }

  async close(): Promise<void> {
    await this.#api.close();
  }

  /** Asked once: tokens and tags mean nothing in another account. */
  #accountOf(): Promise<string> {
    return this.#account.get("", (call) => this.#askAccount(call));
  }

  async #askAccount(call: CallOptions): Promise<string> {
    const account = await this.#api.account(call);
    const wanted = this.#options.account ?? account;
    if (account === wanted && account !== "") return account;
    throw new BridgeError("invalid_option", `account: the credentials belong to account ${account || "unknown"}, not to ${wanted}`, { outcome: "none" });
  }
}

/** The largest gp3 volume (https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html). */
const largestDiskGib = 16_384;

const regionOf = (scope: Scope): string => scope.split(":")[2] ?? "";
