import type { GetCallerIdentityResponse } from "@aws-sdk/client-sts";
import type { GetParameterRequest, GetParameterResult } from "@aws-sdk/client-ssm";
import { AwsError } from "../../aws/aws-error.ts";
import { type Action, action } from "../action.ts";
import { imageParameters } from "../catalog.ts";
import type { ServiceName } from "../services.ts";
import { describeAddresses, releaseAddress } from "./addresses.ts";
import { getConsoleOutput } from "./console-output.ts";
import { describeInstances } from "./describe-instances.ts";
import { describeImages } from "./images.ts";
import { describeInstanceTypeOfferings, describeInstanceTypes } from "./instance-types.ts";
import { deleteNetworkInterface, describeNetworkInterfaces } from "./network-interfaces.ts";
import { describeSubnets, describeVpcs } from "./networks.ts";
import { describeAccountAttributes, describeAvailabilityZones, describeRegions } from "./places.ts";
import { runInstances } from "./run-instances.ts";
import { getServiceQuota } from "./service-quotas.ts";
import { authorizeSecurityGroupIngress, createSecurityGroup, deleteSecurityGroup, describeSecurityGroups } from "./security-groups.ts";
import { terminateInstances } from "./terminate-instances.ts";
import { deleteVolume, describeVolumes } from "./volumes.ts";

/** Who asks. */
const getCallerIdentity = action<object, GetCallerIdentityResponse>({
  understands: [],
  run: ({ caller: { accountId, accessKeyId } }) => ({ UserId: accessKeyId.replace(/^A[KS]IA/, "AIDA"), Account: accountId, Arn: `arn:aws:iam::${accountId}:user/bridge` }),
});

/** Public parameters, which name the newest images. */
const getParameter = action<GetParameterRequest, GetParameterResult>({
  understands: ["Name", "WithDecryption"],
  run: ({ world: { region } }, { Name = "" }) => {
    const Value = imageParameters(region)[Name];
    if (Value === undefined) throw new AwsError("ParameterNotFound", "");
    return { Parameter: { Name, Value, Type: "String", Version: 1, ARN: `arn:aws:ssm:${region}::parameter${Name}`, DataType: "aws:ec2:image" } };
  },
});

/** What each service does, by the names of its actions. */
export const actionsOf: Readonly<Record<ServiceName, Readonly<Record<string, Action>>>> = {
  ec2: {
    AuthorizeSecurityGroupIngress: authorizeSecurityGroupIngress, CreateSecurityGroup: createSecurityGroup, DeleteNetworkInterface: deleteNetworkInterface,
    DeleteSecurityGroup: deleteSecurityGroup, DeleteVolume: deleteVolume, DescribeAccountAttributes: describeAccountAttributes, DescribeAddresses: describeAddresses,
    DescribeAvailabilityZones: describeAvailabilityZones, DescribeImages: describeImages, DescribeInstanceTypeOfferings: describeInstanceTypeOfferings,
    DescribeInstanceTypes: describeInstanceTypes, DescribeInstances: describeInstances, DescribeNetworkInterfaces: describeNetworkInterfaces, DescribeRegions: describeRegions,
    DescribeSecurityGroups: describeSecurityGroups, DescribeSubnets: describeSubnets, DescribeVolumes: describeVolumes, DescribeVpcs: describeVpcs,
    GetConsoleOutput: getConsoleOutput, ReleaseAddress: releaseAddress, RunInstances: runInstances, TerminateInstances: terminateInstances,
  },
  sts: { GetCallerIdentity: getCallerIdentity },
  ssm: { GetParameter: getParameter },
  servicequotas: { GetServiceQuota: getServiceQuota },
};
