import type { BackendFacts, BackendPlugin, ConfiguredBackend } from "@bridge/core/backend";
import { defineMachineBackend } from "@bridge/backend-kit";
import { type AcmeOptions, optionsSchema, type ParsedOptions } from "./options.ts";
import { AcmePlatform } from "./platform.ts";

/**
 * What the platform guarantees. Take each number from its reference; where it is silent, measure and round up. These have room
 * for a usual cloud. Too small, and machines leak; too large, and every terminate takes so long.
 */
export const facts: BackendFacts = {
  idempotency: "name",
  // A name is free again as soon as its machine is deleted.
  replayWindowSeconds: 0,
  settleSeconds: 10,
  createTimeoutSeconds: 60,
  readyTimeoutSeconds: 300,
  exitCode: "best-effort",
  deadline: "platform",
};

/** The plugin with the numbers of another platform: for tests. */
export const makePlugin = (theFacts: BackendFacts, pollSeconds: number): BackendPlugin<ParsedOptions> => defineMachineBackend({
  name: "acme", optionsSchema, facts: theFacts, isolation: "vm", pollSeconds,
  connect: (options, services) => new AcmePlatform(options, services),
});

/** The plugin: what `use` in bridge.yaml names. */
const plugin = makePlugin(facts, 5);
export default plugin;

/** For embedders: `new Fleet({ backends: [createAcme({ … })] })`. `name` defaults to `acme`. */
export function createAcme(options: AcmeOptions, { name }: { readonly name?: string } = {}): ConfiguredBackend {
  return { plugin, options, ...(name === undefined ? {} : { name }) };
}
