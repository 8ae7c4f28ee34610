import type { BackendFacts, ConfiguredBackend } from "@bridge/core/backend";
import { defineMachineBackend } from "@bridge/backend-kit";
import { type HetznerOptions, optionsSchema } from "./options.ts";
import { hetznerPlatform } from "./platform.ts";

/** What Hetzner Cloud guarantees; where the reference is silent, with room above what is usual. A server that is off is billed: `reaper`. */
export const facts: BackendFacts = { idempotency: "name", replayWindowSeconds: 0, settleSeconds: 10, createTimeoutSeconds: 60, readyTimeoutSeconds: 300, exitCode: "never", deadline: "reaper" };

/** The plugin with the numbers and the SSH port of another platform: for tests. */
export const makePlugin = (theFacts: BackendFacts, pollSeconds: number, sshPort: number) => defineMachineBackend({
  name: "hetzner", optionsSchema, facts: theFacts, isolation: "vm", pollSeconds, connect: (options, services) => hetznerPlatform(options, services, sshPort),
});
const plugin = makePlugin(facts, 10, 22);
export default plugin;
/** For embedders: `new Fleet({ backends: [createHetzner({ … })] })`. `name` defaults to `hetzner`. */
export const createHetzner = (options: HetznerOptions, { name }: { readonly name?: string } = {}): ConfiguredBackend => ({ plugin, options, ...(name !== undefined && { name }) });
