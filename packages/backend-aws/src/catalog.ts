import { type Architecture, BridgeError, type CallOptions, type ComputeManifest } from "@bridge/core/backend";
import { type MachineSize, pickSizes } from "@bridge/backend-kit";
import type { AwsApi, Filter, InstanceTypeInfo } from "./api.ts";
import type { ParsedOptions } from "./config.ts";
import { Kept } from "./kept.ts";

/** An instance type of one region. */
export interface Ec2Size extends MachineSize {
  /** Zones that sell it, by name. */
  readonly zones: readonly string[];
}

/** Types and offerings change rarely. */
const maxAgeMs = 3_600_000;

/** The instance types that the options allow, by region; read at most hourly. */
export class Catalog {
  readonly #api: AwsApi;
  readonly #options: ParsedOptions;
  readonly #read: Kept<readonly Ec2Size[]>;

  constructor(api: AwsApi, options: ParsedOptions, now: () => number) {
    this.#api = api;
    this.#options = options;
    this.#read = new Kept({ now, maxAgeMs });
  }

  /** Sizes of a region, preferred families and types first. @throws BridgeError `invalid_option` when there are none. */
  sizes(region: string): Promise<readonly Ec2Size[]> {
    return this.#read.get(region, (call) => this.#ask(region, call));
  }

  /** Sizes of a region that hold a manifest: the least CPU and memory first, then as the options prefer. */
  async fitting(region: string, manifest: ComputeManifest): Promise<readonly Ec2Size[]> {
    return pickSizes(await this.sizes(region), manifest);
  }

  async #ask(region: string, call: CallOptions): Promise<readonly Ec2Size[]> {
    const names = this.#options.instanceTypes ?? this.#options.instanceFamilies.map((family) => `${family}.*`);
    const filters: readonly Filter[] = [{ Name: "instance-type", Values: names }];
    const [types, offerings] = await Promise.all([
      this.#api.instanceTypes(region, [...filters, { Name: "bare-metal", Values: ["false"] }], call), this.#api.offerings(region, filters, call),
    ]).catch((thrown: unknown) => {
      throw notEnabled(region, thrown) ?? thrown;
    });
    const { image, instanceTypes, sevSnp } = this.#options;
    const arch = "ids" in image ? image.architecture : undefined;
    const isAllowed = ({ ProcessorInfo }: InstanceTypeInfo) => !sevSnp || ProcessorInfo?.SupportedFeatures?.includes("amd-sev-snp") === true;
    const rank = (name: string) => names.findIndex((wanted) => wanted === name || (wanted.endsWith("*") && name.startsWith(wanted.slice(0, -1))));
    const sizes = types.filter(isAllowed).flatMap((type) => {
      const { InstanceType: name = "" } = type;
      const zones = offerings.filter((offering) => offering.type === name).map(({ zone }) => zone).sort();
      return sizeOf(type).map((size) => ({ ...size, zones }));
    }).filter((size) => size.zones.length > 0 && size.arch === (arch ?? size.arch)).sort((a, b) => rank(a.name) - rank(b.name));
    if (sizes.length > 0) return sizes;
    throw new BridgeError("invalid_option", `${instanceTypes === undefined ? "instanceFamilies" : "instanceTypes"}: ${region} sells none of ${names.join(", ")}${arch === undefined ? "" : ` for ${arch}`}${sevSnp ? " with AMD SEV-SNP" : ""}`, { outcome: "none" });
  }
}

/** EC2 answers so in regions that the account has not opted in to, with credentials that are good elsewhere. */
function notEnabled(region: string, thrown: unknown): BridgeError | undefined {
  if (!(thrown instanceof Error && thrown.name === "AuthFailure")) return undefined;
  const message = `${region} refuses the credentials, which STS accepts: it is not enabled for the account, as a rule (aws account enable-region --region-name ${region})`;
  return new BridgeError("forbidden", message, { outcome: "none", cause: thrown });
}

const architectures: Readonly<Record<string, Architecture>> = { x86_64: "amd64", arm64: "arm64" };

/** A vCPU counts as 1000 millicores, as EC2 sells it: on x86 it is one thread of a core. */
function sizeOf({ InstanceType: name, VCpuInfo, MemoryInfo, ProcessorInfo }: InstanceTypeInfo): readonly MachineSize[] {
  const [cpus, ramMib] = [VCpuInfo?.DefaultVCpus, MemoryInfo?.SizeInMiB];
  const arch = ProcessorInfo?.SupportedArchitectures?.flatMap((each) => architectures[each] ?? [])[0];
  if (name === undefined || cpus === undefined || ramMib === undefined || arch === undefined) return [];
  return [{ name, cpuMillicores: cpus * 1000, ramMib, arch }];
}
