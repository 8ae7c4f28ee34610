import { type BackendServices, BridgeError, type CallOptions, type Capabilities, type ComputeGrant, type Finding, type Placement, type Refusal, type Scope, tagNames } from "@bridge/core/backend";
import type { MachinePlatform, MachineSpec, RawMachine } from "@bridge/backend-kit";
import { type ApiTimeouts, AwsApi, defaultTimeouts, type Filter } from "./api.ts";
import { Catalog } from "./catalog.ts";
import { marketsOf, type ParsedOptions } from "./config.ts";
import { diagnose } from "./diagnose.ts";
import { mapError, textOf } from "./errors.ts";
import { Images } from "./images.ts";
import { Kept } from "./kept.ts";
import { Network } from "./network.ts";
import { OverQuota } from "./over-quota.ts";
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
  readonly #overQuota: OverQuota;

  constructor(options: ParsedOptions, services: BackendServices, { sshPort, timeouts = defaultTimeouts }: { readonly sshPort: number; readonly timeouts?: ApiTimeouts }) {
    this.#sshPort = sshPort;
    this.#options = options;
    this.#services = services;
    this.#api = new AwsApi(options, services.now, timeouts);
    this.#overQuota = new OverQuota(services.now);
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
    await this.#accountOf();
    const byRegion = await this.#inRegions(this.#options.regions, async (region) => ({ region, sizes: await this.#catalog.sizes(region) }));
    const regions = byRegion.map(({ region }) => region);
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
    const { ipv6, sevSnp, tags } = this.#options;
    const regions = this.#options.regions.filter((region) => manifest.regions.length === 0 || manifest.regions.includes(region));
    const markets = marketsOf(this.#options);
    const diskGib = Math.max(manifest.storageGib, this.#options.minDiskGib);
    const byRegion = await this.#inRegions(regions, async (region) => {
      const placements: Placement[] = [];
      const sizes = await this.#catalog.fitting(region, manifest);
      if (sizes.length === 0) return placements;
      const [places, { rootGib, ...image }] = await Promise.all([this.#network.places(region), this.#images.resolve(region, manifest.arch)]);
      for (const { name, zones } of sizes) {
        for (const { zone, ...place } of places.filter((each) => zones.includes(each.zone))) {
          for (const market of markets) placements.push({ scope: `aws:${account}:${region}`, region, size: name, pool: `${zone}/${market}`, resolved: { ...image, zone, ...place, market, diskGib: Math.max(diskGib, rootGib), ipv6, sevSnp, tags } });
        }
      }
      return placements;
    });
    return this.#overQuota.without(byRegion.flat());
  }

  /** Asks the same of several regions: one that cannot be used is left out, as long as others can. @throws what the first said, if none can. */
  async #inRegions<T>(regions: readonly string[], ask: (region: string) => Promise<T>): Promise<readonly T[]> {
    const answers = await Promise.allSettled(regions.map(ask));
    const found = answers.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value] : []));
    for (const [index, answer] of answers.entries()) {
      if (answer.status === "fulfilled") continue;
      if (found.length === 0) throw answer.reason;
      this.#services.log.warn({ backend: this.#services.name, region: regions[index], error: textOf(answer.reason) }, "a region is left out");
    }
    return found;
  }

  /** Its turn comes at EC2's rate; the credentials are looked at after that, so that they are still good. */
  async beforeCreate({ placement: { region } }: MachineSpec, call: CallOptions): Promise<void> {
    await this.#api.prepare(region, call);
  }

  async create(spec: MachineSpec, call: CallOptions): Promise<{ readonly id: string }> {
    const { region } = spec.placement;
    try {
      const instance = await this.#api.runInstance(region, launchRequest(spec), call);
      return { id: instance?.InstanceId ?? "" };
    } catch (thrown) {
      if (thrown instanceof Error && /^Invalid(Group|Subnet)/.test(thrown.name)) this.#network.forget(region);
      if (mapError(thrown)?.code === "quota_exceeded") this.#overQuota.note(spec.placement);
      throw thrown;
    }
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
    return diagnose({ api: this.#api, options: this.#options, catalog: this.#catalog, images: this.#images, network: this.#network, owner: this.#services.owner, account: () => this.#accountOf() }, call);
  }

  async close(): Promise<void> {
    await this.#api.close();
  }

  /** Asked once: tokens and tags mean nothing in another account. */
  #accountOf(): Promise<string> {
    return this.#account.get("", (call) => this.#askAccount(call));
  }

  /** Of the first region that tells it: a region that the account has not opted in to refuses the best of credentials. */
  async #askAccount(call: CallOptions): Promise<string> {
    const { regions, account: wanted } = this.#options;
    const failures: unknown[] = [];
    for (const region of regions) {
      try {
        const account = await this.#api.account(region, call);
        if (account === (wanted ?? account) && account !== "") return account;
        throw new BridgeError("invalid_option", `account: the credentials belong to account ${account || "unknown"}, not to ${wanted ?? "any"}`, { outcome: "none" });
      } catch (thrown) {
        if (mapError(thrown)?.code !== "unauthorized") throw thrown;
        failures.push(thrown);
      }
    }
    const [first] = failures;
    if (!(first instanceof Error && first.name === "InvalidClientTokenId")) throw first;
    const message = `${first.message}: the credentials are wrong, or these regions are not enabled for their account: ${regions.join(", ")} (aws account enable-region --region-name ${regions[0]})`;
    throw new BridgeError("unauthorized", message, { outcome: "none", cause: first });
  }
}

/** The largest gp3 volume (https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html). */
const largestDiskGib = 16_384;

const regionOf = (scope: Scope): string => scope.split(":")[2] ?? "";
