import type { CallOptions, Finding } from "@bridge/core/backend";
import type { AwsApi } from "./api.ts";
import type { Catalog } from "./catalog.ts";
import type { ParsedOptions } from "./config.ts";
import { dryLaunch } from "./dry-launch.ts";
import { textOf } from "./errors.ts";
import type { Images } from "./images.ts";
import type { Network } from "./network.ts";
import { diagnoseQuotas } from "./quotas.ts";
import { diagnoseSshRules } from "./ssh-rules.ts";

/** What the diagnosis looks with. */
export interface Instruments {
  readonly api: AwsApi;
  readonly options: ParsedOptions;
  readonly catalog: Catalog;
  readonly images: Images;
  readonly network: Network;
  readonly owner: string;
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

async function diagnoseRegion(instruments: Instruments, region: string, call: CallOptions): Promise<readonly Finding[]> {
  const { api, options, catalog, images, network, owner } = instruments;
  const findings: Finding[] = [];
  const look = looker(findings);
  const sizes = await look(`instance types in ${region}`, "allow other instanceFamilies or instanceTypes, or give the permissions ec2:DescribeInstanceTypes and ec2:DescribeInstanceTypeOfferings", () => catalog.sizes(region), (found) => `${found.length} of the families and types that are allowed`);
  if (sizes !== undefined) findings.push(...await diagnoseQuotas({ api, options, region, sizes }, call));
  const unsold = (options.instanceTypes ?? []).filter((wanted) => sizes?.every(({ name }) => name !== wanted));
  if (unsold.length > 0) findings.push({ subject: `instance types in ${region}`, verdict: "warning", message: `${unsold.join(", ")}: not sold there, or not as the options want them`, mend: "correct the option instanceTypes" });
  const choices = (["amd64", "arm64"] as const).flatMap((arch) => sizes?.find((size) => size.arch === arch) ?? []);
  const found = await Promise.all(choices.map(async ({ arch, name }) => {
    const image = await look(`image for ${arch} in ${region}`, `mend the option image, or allow no types of ${arch}; it needs ec2:DescribeImages, and ssm:GetParameter for a parameter`, () => images.resolve(region, arch), ({ imageId }) => imageId);
    return image === undefined ? [] : [{ ...image, size: name }];
  }));
  const subnets = await look(`subnets in ${region}`, "name subnets in the option subnets, or make a default VPC; it needs ec2:DescribeSubnets", () => network.subnets(region, call), (all) => `${all.length}, in ${all.map(({ AvailabilityZone }) => AvailabilityZone).join(", ")}`);
  const [[machine], [subnet]] = [found.flat(), subnets ?? []];
  if (machine === undefined || subnet === undefined) return findings;
  const ownGroup = options.securityGroups?.[region] === undefined;
  const group = ownGroup ? await look(`security group in ${region}`, "allow ec2:DescribeSecurityGroups, or name one in the option securityGroups", () => network.group(region, subnet.VpcId ?? "", call), (found) => found?.GroupId ?? "is made with the first machine") : undefined;
  if (group !== undefined) findings.push(...diagnoseSshRules(group, options, region));
  const launch = dryLaunch({ options, owner, region, machine, subnet, securityGroupId: options.securityGroups?.[region] ?? group?.GroupId });
  for (const { action, said } of await api.dryRuns(region, { launch, ...(ownGroup ? { vpcId: subnet.VpcId ?? "" } : {}) }, call)) findings.push(permission(region, action, said));
  return findings;
}

const ofOwn: readonly string[] = ["TerminateInstances", "DeleteVolume"];

/** DryRun is answered by an error in any case; any but a denial came after the permission was checked. */
function permission(region: string, action: string, said: unknown): Finding {
  const subject = `permission ec2:${action} in ${region}`;
  const name = said instanceof Error ? said.name : "";
  if (name === "DryRunOperation" || name.endsWith("NotFound")) return { subject, verdict: "fine", message: "given" };
  if (name === "UnauthorizedOperation") return { subject, verdict: "failed", message: "denied", mend: `allow ec2:${action}${action === "RunInstances" ? " and ec2:CreateTags" : ""} in the policy of these credentials; the README has the whole policy${ofOwn.includes(action) ? " (a condition on the thing's tags denies it here, too: what is tried does not exist)" : ""}` };
  return { subject, verdict: "warning", message: `could not be tried: ${textOf(said)}`, mend: "mend what it says, and look again" };
}
