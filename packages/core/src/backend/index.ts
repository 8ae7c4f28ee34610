export { createAlmanac } from "../almanac.ts";
export { BridgeError, isBridgeError, toBridgeError } from "../errors/bridge-error.ts";
export type { BridgeErrorDetails, Outcome, Problem } from "../errors/bridge-error.ts";
export type { ErrorCode } from "../errors/codes.ts";
export { createInstance } from "../instance/create-instance.ts";
export { canonicalJson, hashJson } from "../grant/request-key.ts";
export { checkPlugin, defineBackend } from "./define-backend.ts";
export { makeBackend } from "./make-backend.ts";
export { parseOptions } from "./parse-options.ts";
export { refusalsByCapabilities } from "./refusals.ts";
export { decodeTags, encodeTags, tagNames } from "./tags.ts";
export type { TagContent } from "./tags.ts";
export type { OptionsIssue, OptionsResult, OptionsSchema } from "./options-schema.ts";
export type {
  Backend, BackendFacts, BackendPlugin, BackendServices, CallOptions, Capabilities, ConfiguredBackend, Finding, ListedInstance, ListedScope, Listing,
  ProvisionContext, ProvisionStage, Refusal, RegionCapabilities, WatchOptions,
} from "./v1.ts";
export type {
  Almanac, AlmanacTick, Architecture, ComputeGrant, ComputeManifest, Envelope, ExitRecord, HostKeyProvenance, InstanceRef,
  Isolation, Json, Log, Meter, Placement, ProvisionedInstance, PullCredentials, RegionLabel, Scope, SshKeyPair, TdxRequirement,
  UsageMetrics,
} from "./words.ts";
