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

/** Leases EC2 instances. */
export const awsPlugin = defineMachineBackend({
  name: "aws", optionsSchema, facts: awsFacts, isolation: "vm", connect: (options, services) => new AwsPlatform(options, services, { sshPort: 22 }),
});

/** The AWS backend for `new Fleet({ backends: [aws({ regions: ["eu-west-1"] })] })`. `name` defaults to `aws`. */
export function aws(options: AwsOptions, { name }: { readonly name?: string } = {}): ConfiguredBackend {
  return { plugin: awsPlugin, options, ...(name === undefined ? {} : { name }) };
}
