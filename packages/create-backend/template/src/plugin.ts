import type { BackendFacts, ConfiguredBackend } from "@bridge/core/backend";
import { defineMachineBackend } from "@bridge/backend-kit";
import { type AcmeOptions, optionsSchema } from "./options.ts";
import { AcmePlatform } from "./platform.ts";

/** What the platform guarantees; take each number from its reference, and when it is silent measure and round up. */
const facts: BackendFacts = {
  idempotency: "name",
  // A name is free again as soon as its machine is deleted.
  replayWindowSeconds: 0,
  settleSeconds: 0.5,
  createTimeoutSeconds: 2,
  readyTimeoutSeconds: 20,
  exitCode: "best-effort",
  deadline: "platform",
};

/** The plugin: what `use` in bridge.yaml names. */
const plugin = defineMachineBackend({
  name: "acme",
  optionsSchema,
  facts,
  isolation: "vm",
  pollSeconds: 0.1,
  connect: (options, services) => new AcmePlatform(options, services),
});
export default plugin;

/** For embedders: `new Fleet({ backends: [createAcme({ … })] })`. `name` defaults to `acme`. */
export function createAcme(options: AcmeOptions, { name }: { readonly name?: string } = {}): ConfiguredBackend {
  return { plugin, options, ...(name === undefined ? {} : { name }) };
}
