import type { BackendFacts, ConfiguredBackend } from "@bridge/core/backend";
import { defineMachineBackend } from "@bridge/backend-kit";
import { AwsPlatform } from "./backend.ts";
import { type AwsOptions, optionsSchema } from "./config.ts";

/** What EC2 guarantees. */
export const awsFacts: BackendFacts = {
  idempotency: "token",
  // https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html: at least 24 hours after the instance's end.
  replayWindowSeconds: 86_400,
  // https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html: seconds as a rule, up to minutes.
  settleSeconds: 60,
  createTimeoutSeconds: 30,
  readyTimeoutSeconds: 300,
  exitCode: "best-effort",
  // A tenant with root can stop the guest's own timer: `bridge reap` must run somewhere.
  deadline: "reaper",
};

/** Makes the plugin with other facts, another interval of listing and another SSH port: for tests, on platforms that are faster than EC2. */
export const awsPluginWith = ({ facts = {}, pollSeconds = 5, sshPort = 22 }: { readonly facts?: Partial<BackendFacts>; readonly pollSeconds?: number; readonly sshPort?: number }) => defineMachineBackend({
  name: "aws", optionsSchema, facts: { ...awsFacts, ...facts }, isolation: "vm", pollSeconds,
  connect: (options, services) => new AwsPlatform(options, services, { sshPort }),
});

/** Leases EC2 instances. */
export const awsPlugin = awsPluginWith({});

/** The AWS backend for `new Fleet({ backends: [aws({ regions: ["eu-west-1"] })] })`. `name` defaults to `aws`. */
export function aws(options: AwsOptions, { name }: { readonly name?: string } = {}): ConfiguredBackend {
  return { plugin: awsPlugin, options, ...(name === undefined ? {} : { name }) };
}
