import { errorTable, type MappedError } from "@bridge/backend-kit";
import { toBridgeError } from "@bridge/core/backend";

/**
 * What the errors of EC2 and of what it is used with mean (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html). The first entry that
 * matches counts. `outcome: "none"` stands only where EC2 says that it has not made the machine: capacity errors are HTTP 500 and
 * refusals all the same; other 5xx, throttling of a request that may have been processed, timeouts and resets are not.
 */
const known = errorTable([
  { match: "IdempotentInstanceTerminated", code: "attempt_spent", outcome: "exists" },
  { match: "IdempotentParameterMismatch", code: "conflict", outcome: "exists" },
  { match: /^Insufficient(Instance|Host|ReservedInstance|Address|Volume)?Capacity$|^InsufficientFreeAddressesInSubnet$|^UnfulfillableCapacity$|^SpotMaxPriceTooLow$|^Unsupported$/, code: "no_capacity", outcome: "none" },
  { match: /^(VcpuLimitExceeded|InstanceLimitExceeded|MaxSpotInstanceCountExceeded|VolumeLimitExceeded|MaxIOPSLimitExceeded|NetworkInterfaceLimitExceeded|AddressLimitExceeded|ResourceLimitExceeded)$/, code: "quota_exceeded", outcome: "none" },
  { match: "SecurityGroupLimitExceeded", code: "quota_exceeded", outcome: "none" },
  { match: "PendingVerification", code: "quota_exceeded", outcome: "none", message: "the account is being verified by AWS; it can launch nothing until then" },
  { match: "AuthFailure.ServiceLinkedRoleCreationNotPermitted", code: "forbidden", outcome: "none", message: "the account has no service-linked role for spot yet; make it once: aws iam create-service-linked-role --aws-service-name spot.amazonaws.com" },
  { match: /^(AuthFailure|InvalidClientTokenId|SignatureDoesNotMatch|InvalidSignatureException|UnrecognizedClientException|ExpiredToken|ExpiredTokenException|MissingAuthenticationToken)$/, code: "unauthorized", outcome: "none" },
  // The SDK's own word: nothing was sent this time, which says nothing about another.
  { match: "CredentialsProviderError", code: "unauthorized", message: "no credentials were found; give them as options, or where the AWS SDK looks for them" },
  { match: "RequestExpired", code: "unauthorized", outcome: "none", message: "the credentials have expired, or this computer's clock is wrong by more than five minutes" },
  { match: /^(UnauthorizedOperation|AccessDenied|AccessDeniedException|OperationNotPermitted)$/, code: "forbidden", outcome: "none" },
  { match: /^(OptInRequired|Blocked)$/, code: "forbidden", outcome: "none", message: "the account may not use this region or EC2; enable it at AWS" },
  { match: /^(RequestLimitExceeded|Throttling|ThrottlingException|EC2ThrottledException)$/, code: "rate_limited", outcome: "none" },
  { match: /^Invalid(InstanceID|Volume)\.NotFound$/, code: "not_found" },
  { match: /^(IncorrectInstanceState|IncorrectState|DependencyViolation|VolumeInUse)$/, code: "unavailable" },
  { match: /^(InvalidAMIID\..*|InvalidSubnetID\.NotFound|InvalidSubnet|InvalidGroup\.NotFound|InvalidParameter.*|MissingParameter|VPCIdNotSpecified|UnknownParameter|InvalidUserData\.Malformed|Invalid(Availability)?Zone.*|InvalidTagKey.*|TagLimitExceeded|InvalidBlockDeviceMapping|ParameterNotFound|ValidationError|ValidationException)$/, code: "invalid_option", outcome: "none" },
  { match: /^(InternalError|InternalFailure|ServiceUnavailable|Unavailable)$/, code: "unavailable" },
  { match: "TimeoutError", code: "timeout" },
  // What it refuses for reasons that stand nowhere here, it has not done either; whether it would the next time is not known.
  { match: 400, code: "unavailable", outcome: "none" },
  { match: 403, code: "forbidden", outcome: "none" },
  { match: 500, code: "unavailable" },
  { match: 502, code: "unavailable" },
  { match: 503, code: "unavailable" },
  { match: 504, code: "timeout" },
  { match: /^(ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EPIPE|ENETUNREACH|EHOSTUNREACH)$|socket hang up|Deserialization error/, code: "unavailable" },
]);

/** What an error of AWS means. Denials lose the encoded text at their end, which is the account's alone to read. */
export function mapError(error: unknown): MappedError | undefined {
  const mapped = known(error);
  const [said, ...encoded] = error instanceof Error ? error.message.split(/ ?Encoded authorization failure message: /) : [];
  return mapped === undefined || mapped.message !== undefined || said === undefined || encoded.length === 0 ? mapped : { ...mapped, message: said };
}

/** What was thrown, in words for a finding. */
export function textOf(thrown: unknown): string {
  const mapped = mapError(thrown);
  const { code, message } = toBridgeError(thrown);
  return mapped === undefined ? `${code}: ${message}` : `${mapped.code}: ${mapped.message ?? message}`;
}
