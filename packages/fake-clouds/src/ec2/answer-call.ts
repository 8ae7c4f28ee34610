import { randomUUID } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { AwsError } from "../aws/aws-error.ts";
import { authenticate, type Caller } from "../aws/credentials.ts";
import { checkAnswer, checkRequest } from "./check-call.ts";
import type { Ec2Cloud } from "./cloud.ts";
import { type ServiceBody, type ServiceRequest, writeAnswer, writeError } from "./services.ts";

/** What is sent back. */
export interface Answer extends ServiceBody {
  readonly status: number;
  readonly requestId: string;
  /** Of an error. */
  readonly code?: string;
  /** Undefined: the caller was not known. */
  readonly caller?: Caller;
}

/** A request with all that was sent. */
export interface Received {
  readonly request: ServiceRequest;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Does what a request asks, in the order in which AWS looks at things: who, what, how often, may it, and then the work. */
export function answerCall(cloud: Ec2Cloud, { request, headers, body }: Received, { ageSeconds = cloud.settings.readLagSeconds }: { /** How old a read is; default as the settings say. */ readonly ageSeconds?: number } = {}): Answer {
  const { service, action, parameters } = request;
  const { clock, settings, accessKeys, enabledRegions } = cloud;
  const requestId = randomUUID();
  let caller: Caller | undefined;
  try {
    caller = authenticate(service, { headers, body, keys: accessKeys, enabledRegions, clock, clockSkewSeconds: settings.clockSkewSeconds });
    const found = checkRequest(cloud, request);
    if (settings.throttling && service === "ec2") throttle(cloud, request, caller);
    const [denied] = permissionsOf(request).filter((permission) => settings.denied.includes(permission));
    if (denied !== undefined) throw denial(service, denied, caller);
    const nowMs = clock.now();
    const call = { cloud, caller, world: cloud.world(caller.accountId, caller.region), nowMs, viewMs: nowMs - ageSeconds * 1000 };
    found.check?.(call, parameters);
    if (parameters["DryRun"] === true) throw new AwsError("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412);
    const answer = found.run(call, parameters);
    checkAnswer(cloud, request, answer);
    return { status: 200, requestId, caller, ...writeAnswer(service, action, answer, requestId) };
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    return { status: error.status, requestId, code: error.code, ...(caller === undefined ? {} : { caller }), ...writeError(service, error.code, error.message, requestId) };
  }
}

function throttle({ buckets }: Ec2Cloud, { action, parameters }: ServiceRequest, { accountId, region }: Caller): void {
  const { InstanceIds: ids, MaxCount: count } = parameters;
  buckets.draw({
    account: `${accountId}/${region}`, action, instances: Array.isArray(ids) ? ids.length : typeof count === "number" ? count : 1,
    isFilteredOrPaged: ["Filters", "MaxResults", "NextToken"].some((name) => parameters[name] !== undefined) || Object.keys(parameters).some((name) => /(Ids|Names|Types)$/.test(name)),
  });
}

/** What a caller must be allowed: the action, and to tag where it tags what it makes ("Grant permission to tag resources during creation"). */
const permissionsOf = ({ service, action, parameters }: ServiceRequest): readonly string[] => (service === "ec2" && parameters["TagSpecifications"] !== undefined ? [action, "CreateTags"] : [action]);

function denial(service: ServiceRequest["service"], action: string, { accountId }: Caller): AwsError {
  const who = `User: arn:aws:iam::${accountId}:user/bridge is not authorized to perform: ${service}:${action}`;
  if (service === "ssm" || service === "servicequotas") return new AwsError("AccessDeniedException", who);
  if (service === "sts") return new AwsError("AccessDenied", who, 403);
  return new AwsError("UnauthorizedOperation", `You are not authorized to perform this operation. ${who}. Encoded authorization failure message: ZmFrZS1jbG91ZHM`, 403);
}
