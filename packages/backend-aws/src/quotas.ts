import type { CallOptions, Finding } from "@bridge/core/backend";
import type { AwsApi } from "./api.ts";
import type { Ec2Size } from "./catalog.ts";
import { type Market, marketsOf, type ParsedOptions } from "./config.ts";
import { textOf } from "./errors.ts";

/**
 * EC2 counts running vCPUs by kind of instance type and market; the code of each quota is the same everywhere
 * (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-on-demand-instances.html, …/using-spot-limits.html).
 */
const kinds: readonly { readonly kind: string; readonly letters: readonly string[]; readonly codes: Partial<Record<Market, string>> }[] = [
  { kind: "Standard", letters: ["a", "c", "d", "h", "i", "im", "is", "m", "r", "t", "z"], codes: { "on-demand": "L-1216C47A", "spot": "L-34B43A08" } },
  { kind: "G and VT", letters: ["g", "gr", "vt"], codes: { "on-demand": "L-DB2E81BA", "spot": "L-3819A6DF" } },
  { kind: "P", letters: ["p"], codes: { "on-demand": "L-417A185B", "spot": "L-7212CCBC" } },
  { kind: "X", letters: ["x"], codes: { "on-demand": "L-7295265B", "spot": "L-E3A00192" } },
  { kind: "F", letters: ["f"], codes: { "on-demand": "L-74FC7D96", "spot": "L-88CF9481" } },
  { kind: "Inf", letters: ["inf"], codes: { "on-demand": "L-1945791B", "spot": "L-B5D1601B" } },
  { kind: "Trn", letters: ["trn"], codes: { "on-demand": "L-2C3B7624", "spot": "L-6B0D517C" } },
  { kind: "DL", letters: ["dl"], codes: { "on-demand": "L-6E869C2A", "spot": "L-85EED4F7" } },
  { kind: "HPC", letters: ["hpc"], codes: { "on-demand": "L-F7808C92" } },
  { kind: "High Memory", letters: ["u", "u-"], codes: { "on-demand": "L-43DA4232" } },
];

/** Whether the account's quotas in a region leave room for the smallest machine of each kind that the options allow. What runs already is not counted: EC2 does not say. */
export async function diagnoseQuotas({ api, options, region, sizes }: { readonly api: AwsApi; readonly options: ParsedOptions; readonly region: string; readonly sizes: readonly Ec2Size[] }, call: CallOptions): Promise<readonly Finding[]> {
  const lettersOf = ({ name }: Ec2Size) => /^[a-z]+-?/.exec(name)?.[0] ?? "";
  const wanted = kinds.flatMap(({ kind, letters, codes }) => {
    const allowed = sizes.filter((size) => letters.includes(lettersOf(size)));
    const smallest = Math.min(...allowed.map(({ cpuMillicores }) => cpuMillicores / 1000));
    return allowed.length === 0 ? [] : marketsOf(options).flatMap((market) => (codes[market] === undefined ? [] : [{ subject: `quota of ${market} ${kind} instances in ${region}`, code: codes[market], smallest }]));
  });
  const unknown = sizes.filter((size) => !kinds.some(({ letters }) => letters.includes(lettersOf(size)))).map(({ name }) => name);
  const missing: readonly Finding[] = unknown.length === 0 ? [] : [{ subject: `quota of ${unknown.join(", ")} in ${region}`, verdict: "warning", message: "it is not known which one counts", mend: "look in the Service Quotas console" }];
  const findings = await Promise.all(wanted.map(async ({ subject, code, smallest }): Promise<Finding> => {
    try {
      const vcpus = await api.quota(region, code, call);
      if (vcpus === undefined) return { subject, verdict: "warning", message: "AWS tells no value", mend: `look for ${code} in the Service Quotas console` };
      if (vcpus >= smallest) return { subject, verdict: "fine", message: `${vcpus} vCPUs for the whole account` };
      return { subject, verdict: "failed", message: `${vcpus} vCPUs, and the smallest type that is allowed has ${smallest}`, mend: `ask AWS for more: aws service-quotas request-service-quota-increase --region ${region} --service-code ec2 --quota-code ${code} --desired-value <vCPUs>` };
    } catch (thrown) {
      return { subject, verdict: "warning", message: `could not be read: ${textOf(thrown)}`, mend: `allow servicequotas:GetServiceQuota, which only this diagnosis calls, or look for ${code} in the Service Quotas console` };
    }
  }));
  return [...findings, ...missing];
}
