import type { TerminateInstancesRequest, TerminateInstancesResult } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { action, type Call } from "../action.ts";
import { type Instance, stateCodes } from "../instance.ts";
import { end, reasons } from "../life.ts";
import { instanceWords, visibleInstance } from "./describe-instances.ts";
import { findById } from "./find-by-id.ts";

const mostInstances = 1000;

function find(call: Call, { InstanceIds = [] }: TerminateInstancesRequest): readonly Instance[] {
  if (InstanceIds.length > mostInstances) throw new AwsError("InvalidParameterValue", `At most ${mostInstances} instances can be terminated at once.`);
  const instances = findById([...new Set(InstanceIds)], visibleInstance(call), instanceWords);
  const kept = instances.find(({ plan, isLive }) => isLive && plan.request.DisableApiTermination === true);
  if (kept !== undefined) throw new AwsError("OperationNotPermitted", `The instance '${kept.id}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.`);
  return instances;
}

/** Ends instances: all of the request, or none when one id is bad. */
export const terminateInstances = action<TerminateInstancesRequest, TerminateInstancesResult>({
  understands: ["InstanceIds"],
  check: (call, request) => void find(call, request),
  run: (call, request) => {
    const { cloud, world } = call;
    return {
      TerminatingInstances: find(call, request).map((instance) => {
        const before = instance.state;
        end(cloud, world, instance, reasons.user, cloud.slowEndSeconds);
        cloud.slowEndSeconds = undefined;
        const after = instance.state;
        return { InstanceId: instance.id, PreviousState: { Code: stateCodes[before], Name: before }, CurrentState: { Code: stateCodes[after], Name: after } };
      }),
    };
  },
});
