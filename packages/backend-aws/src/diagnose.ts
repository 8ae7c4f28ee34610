import { randomBytes } from "node:crypto";
import { BridgeError, type CallOptions, type Finding } from "@bridge/core/backend";
import type { AwsApi, RunInstancesCommandInput } from "./api.ts";
import type { Catalog } from "./catalog.ts";
import type { ParsedOptions } from "./config.ts";
import { textOf } from "./errors.ts";
import type { Images } from "./images.ts";
import type { Network } from "./network.ts";
import { diagnoseQuotas } from "./quotas.ts";

/** What the diagnosis looks with. */
export interface Instruments {
  readonly api: AwsApi;
  readonly options: ParsedOptions;
  readonly catalog: Catalog;
  readonly images: Images;
  readonly network: Network;
  /** @throws BridgeError when the credentials are not accepted, or are another account's than the options say. */
  readonly account: () => Promise<string>;
}

/** Looks at the credentials, and in each region at sizes, quotas, image, subnets, and by DryRun at each permission that changes something. Creates nothing, no security group either. */
export async function diagnose(instruments: Instruments, call: CallOptions): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const account = await looker(findings)("credentials", "give credentials of the right account, as options or where the AWS SDK looks for them", () => instruments.account(), (found) => `of account ${found}`);
  if (account === undefined) return findings;
  return [...findings, ...(await Promise.all(instruments.options.regions.map((region) => diagnoseRegion(instruments, region, call)))).flat()];
}

/** Makes a function that asks one thing and writes down what was found. */
const looker = (findings: Finding[]) => async <T>(subject: string, mend: string, ask: () => Promise<T>, say: (found: T) => string): Promise<T | undefined> => {
  try {
    const found = await ask();
    findings.push({ subject, verdict: "fine", message: say(found) });
    return found;
  } catch (thrown) {
    findings.push({ subject, verdict: "failed", message: textOf(thrown), mend });
    return undefined;
  }
};

async function diagnoseRegion({ api, options, catalog, images, network }: Instruments, region: string, call: CallOptions): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const look = looker(findings);
  const sizes = await look(`instance types in ${region}`, "allow other instanceFamilies or instanceTypes, or give the permissions ec2:DescribeInstanceTypes and ec2:DescribeInstanceTypeOfferings", async () => {
    const found = await catalog.sizes(region);
    if (found.length > 0) return found;
    throw new BridgeError("invalid_option", "the region sells none of the families and types that are allowed");
  }, (found) => `${found.length} of the families and types that are allowed`);
  if (sizes !== undefined) findings.push(...await diagnoseQuotas({ api, options, region, sizes }, call));
  const choices = (["amd64", "arm64"] as const).flatMap((arch) => sizes?.find((size) => size.arch === arch) ?? []);
  const found = await Promise.all(choices.map(async ({ arch, name }) => {
    const image = await look(`image for ${arch} in ${region}`, `mend the option image, or allow no types of ${arch}; it needs ec2:DescribeImages, and ssm:GetParameter for a parameter`, () => images.resolve(region, arch), ({ imageId }) => imageId);
    return image === undefined ? [] : [{ ImageId: image.imageId, InstanceType: name }];
  }));
  const subnets = await look(`subnets in ${region}`, "name subnets in the option subnets, or make a default VPC; it needs ec2:DescribeSubnets", () => network.subnets(region, call), (all) => `${all.length}, in ${all.map(({ AvailabilityZone }) => AvailabilityZone).join(", ")}`);
  const [[machine], [subnet]] = [found.flat(), subnets ?? []];
  if (machine === undefined || subnet === undefined) return findings;
  const launch: RunInstancesCommandInput = {
    MinCount: 1, MaxCount: 1, ImageId: machine.ImageId, InstanceType: machine.InstanceType as NonNullable<RunInstancesCommandInput["InstanceType"]>, // whatever the catalog names is a type
    ClientToken: randomBytes(16).toString("hex"),
    NetworkInterfaces: [{ DeviceIndex: 0, SubnetId: subnet.SubnetId, AssociatePublicIpAddress: true }],
    TagSpecifications: [{ ResourceType: "instance", Tags: [{ Key: "bridge-owner", Value: "doctor" }] }],
  };
  const ownGroup = options.securityGroups?.[region] === undefined;
  if (ownGroup) await look(`security group in ${region}`, "allow ec2:DescribeSecurityGroups, or name one in the option securityGroups", () => network.group(region, subnet.VpcId ?? "", call), (id) => id ?? "is made with the first machine");
  for (const { action, said } of await api.dryRuns(region, { launch, ...(ownGroup ? { vpcId: subnet.VpcId ?? "" } : {}) }, call)) findings.push(permission(region, action, said));
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
