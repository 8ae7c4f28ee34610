import { randomBytes } from "node:crypto";
import { type CallOptions, type ComputeManifest, type Finding, toBridgeError } from "@bridge/core/backend";
import type { AwsApi } from "./api.ts";
import type { Catalog } from "./catalog.ts";
import type { ParsedOptions } from "./config.ts";
import { mapError } from "./errors.ts";
import type { Images } from "./images.ts";
import type { Network } from "./network.ts";

/** What the diagnosis looks with. */
export interface Instruments {
  readonly api: AwsApi;
  readonly options: ParsedOptions;
  readonly catalog: Catalog;
  readonly images: Images;
  readonly network: Network;
}

const smallest: ComputeManifest = { cpuMillicores: 1, ramMib: 1, storageGib: 0, arch: "amd64", tdx: "none", regions: [] };

/** Looks at each region: image, sizes, subnets, and by DryRun each permission that changes something. Creates nothing, no security group either. */
export async function diagnose(instruments: Instruments, call: CallOptions): Promise<readonly Finding[]> {
  return (await Promise.all(instruments.options.regions.map((region) => diagnoseRegion(instruments, region, call)))).flat();
}

async function diagnoseRegion({ api, catalog, images, network }: Instruments, region: string, call: CallOptions): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const look = async <T>(subject: string, mend: string, ask: () => Promise<T>, say: (found: T) => string): Promise<T | undefined> => {
    try {
      const found = await ask();
      findings.push({ subject: `${subject} in ${region}`, verdict: "fine", message: say(found) });
      return found;
    } catch (thrown) {
      findings.push({ subject: `${subject} in ${region}`, verdict: "failed", message: textOf(thrown), mend });
      return undefined;
    }
  };
  const sizes = await look("instance types", "allow other instanceFamilies or instanceTypes, or give the permissions ec2:DescribeInstanceTypes and ec2:DescribeInstanceTypeOfferings", () => catalog.sizes(region, call),
    (found) => `${found.length} of the families and types that are allowed`);
  const arch = sizes?.[0]?.arch ?? smallest.arch;
  const image = await look("image", "mend the option image; it needs ec2:DescribeImages, and ssm:GetParameter for a parameter", () => images.resolve(region, arch, call), ({ imageId }) => `${imageId} for ${arch}`);
  const subnets = await look("subnets", "name subnets in the option subnets, or make a default VPC; it needs ec2:DescribeSubnets", () => network.subnets(region, call), (found) => `${found.length}, in ${found.map(({ AvailabilityZone }) => AvailabilityZone).join(", ")}`);
  const [first] = subnets ?? [];
  if (sizes?.[0] === undefined || image === undefined || first === undefined) return findings;
  const launch = {
    MinCount: 1, MaxCount: 1, ImageId: image.imageId, InstanceType: sizes[0].name as "m7i.large", ClientToken: randomBytes(16).toString("hex"), // whatever the catalog names is a type
    NetworkInterfaces: [{ DeviceIndex: 0, SubnetId: first.SubnetId, AssociatePublicIpAddress: true }],
    TagSpecifications: [{ ResourceType: "instance" as const, Tags: [{ Key: "bridge-owner", Value: "doctor" }] }],
  };
  for (const { action, said } of await api.dryRuns(region, launch, first.VpcId ?? "", call)) findings.push(permission(region, action, said));
  return findings;
}

/** DryRun is answered by an error in any case; any but a denial came after the permission was checked. */
function permission(region: string, action: string, said: unknown): Finding {
  const subject = `permission ec2:${action} in ${region}`;
  const name = said instanceof Error ? said.name : "";
  if (name === "DryRunOperation" || name.endsWith("NotFound")) return { subject, verdict: "fine", message: "given" };
  if (name === "UnauthorizedOperation") return { subject, verdict: "failed", message: "denied", mend: `allow ec2:${action}${action === "RunInstances" ? " and ec2:CreateTags" : ""} in the policy of these credentials; the README has the whole policy` };
  return { subject, verdict: "warning", message: `could not be tried: ${textOf(said)}`, mend: "mend what it says, and look again" };
}

function textOf(thrown: unknown): string {
  const mapped = mapError(thrown);
  return mapped === undefined ? toBridgeError(thrown).message : `${mapped.code}: ${mapped.message ?? toBridgeError(thrown).message}`;
}
