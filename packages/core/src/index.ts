export { createAlmanac } from "./almanac.ts";
export type { AlmanacOptions } from "./almanac.ts";
export { decodeCard, encodeCard } from "./card/card-codec.ts";
export { createCard } from "./card/provider-card.ts";
export type { CardContent, CardKey, ProviderCard } from "./card/provider-card.ts";
export type { Rates } from "./card/rates.ts";
export { cardKeyOf, signCard, verifyCard } from "./card/sign-card.ts";
export type { SignedCard } from "./card/sign-card.ts";
export { BridgeError, isBridgeError, toBridgeError } from "./errors/bridge-error.ts";
export type { BridgeErrorDetails, Outcome, Problem } from "./errors/bridge-error.ts";
export { errorCodes } from "./errors/codes.ts";
export type { ErrorCode, ErrorCodeEntry } from "./errors/codes.ts";
export { admitEnvelope, admitGrant } from "./fleet/admit.ts";
export type { Admission } from "./fleet/admit.ts";
export { Fleet } from "./fleet/fleet.ts";
export type { Diagnosis } from "./fleet/diagnose.ts";
export type { Explanation } from "./fleet/fleet.ts";
export { reapExpired } from "./fleet/reap-expired.ts";
export type { Reaped, ReapOptions } from "./fleet/reap-expired.ts";
export type { AttemptOptions, AttemptRecord, BoundedCallOptions, Choice, ChooseOptions, FleetOptions, FleetWatchOptions, ProvisionOptions } from "./fleet/fleet-options.ts";
export type { RoutingStep } from "./fleet/routing-record.ts";
export { decodeEnvelope } from "./grant/envelope-codec.ts";
export { decodeGrant } from "./grant/grant-codec.ts";
export { canonicalJson, hashJson, requestKeyOf } from "./grant/request-key.ts";
export { createInstance } from "./instance/create-instance.ts";
export type { InstanceFields } from "./instance/create-instance.ts";
export { decodeInstance, decodeRef, encodeInstance, refOf } from "./instance/instance-codec.ts";
export { decodeUsage, encodeUsage } from "./instance/usage-codec.ts";
export type {
  Backend, BackendFacts, BackendPlugin, BackendServices, CallOptions, Capabilities, ConfiguredBackend, Finding, ListedInstance, ListedScope, Listing,
  ProvisionContext, ProvisionStage, Refusal, RegionCapabilities, WatchOptions,
} from "./backend/v1.ts";
export type { OptionsIssue, OptionsResult, OptionsSchema } from "./backend/options-schema.ts";
export type {
  Almanac, AlmanacTick, Architecture, ComputeGrant, ComputeManifest, Envelope, ExitRecord, HostKeyProvenance, InstanceRef,
  Isolation, Json, Log, Meter, Placement, ProvisionedInstance, PullCredentials, RegionLabel, Scope, SshKeyPair, TdxRequirement,
  UsageMetrics,
} from "./backend/words.ts";
