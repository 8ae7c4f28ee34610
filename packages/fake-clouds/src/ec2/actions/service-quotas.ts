import type { GetServiceQuotaRequest, GetServiceQuotaResponse } from "@aws-sdk/client-service-quotas";
import { AwsError } from "../../aws/aws-error.ts";
import { action } from "../action.ts";

/** The quotas of the types that the fake sells (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-on-demand-instances.html, using-spot-limits.html). */
const names: Readonly<Record<string, { readonly name: string; readonly setting: "vcpus" | "spotVcpus" }>> = {
  "L-1216C47A": { name: "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances", setting: "vcpus" },
  "L-34B43A08": { name: "All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests", setting: "spotVcpus" },
};

/** What an account may run at once in a region. */
export const getServiceQuota = action<GetServiceQuotaRequest, GetServiceQuotaResponse>({
  understands: ["ServiceCode", "QuotaCode"],
  run: ({ cloud, world: { region }, caller: { accountId } }, { ServiceCode = "", QuotaCode = "" }) => {
    const quota = ServiceCode === "ec2" ? names[QuotaCode] : undefined;
    if (quota === undefined) throw new AwsError("NoSuchResourceException", "The request failed because the specified service or quota does not exist.");
    return {
      Quota: {
        ServiceCode, ServiceName: "Amazon Elastic Compute Cloud (Amazon EC2)", QuotaArn: `arn:aws:servicequotas:${region}:${accountId}:ec2/${QuotaCode}`, QuotaCode,
        QuotaName: quota.name, Value: cloud.settings.quotas[quota.setting], Unit: "None", Adjustable: true, GlobalQuota: false,
      },
    };
  },
});
