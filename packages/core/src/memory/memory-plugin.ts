import { defineBackend } from "../backend/define-backend.ts";
import type { BackendFacts, BackendPlugin, ConfiguredBackend } from "../backend/v1.ts";
import { createMemoryBackend } from "./memory-backend.ts";
import { memoryCapabilities, type MemoryOptions, memoryOptionsSchema } from "./memory-options.ts";
import { createMemoryPlatform, type MemoryPlatform } from "./memory-platform.ts";

const memoryFacts: BackendFacts = {
  idempotency: "name",
  settleSeconds: 0,
  createTimeoutSeconds: 5,
  readyTimeoutSeconds: 10,
  exitCode: "always",
  deadline: "platform",
};

/** What a memory backend can be given that a boot config cannot say. */
export interface MemoryExtras {
  /** Default `memory`. */
  readonly name?: string;
  /** Where the machines live; share it and several backends see the same. Default: one of its own. */
  readonly platform?: MemoryPlatform;
  /** Facts to declare in place of the usual ones. Default: names are unique, lists settle at once, 5 s to create, 10 s to be ready. */
  readonly facts?: Partial<BackendFacts>;
}

function pluginOf({ platform, facts = {} }: Omit<MemoryExtras, "name">): BackendPlugin<MemoryOptions> {
  const allFacts = { ...memoryFacts, ...facts };
  return defineBackend({
    contract: 1,
    name: "memory",
    optionsSchema: memoryOptionsSchema,
    facts: allFacts,
    create: (options, services) => createMemoryBackend({
      services, facts: allFacts, platform: platform ?? createMemoryPlatform(), capabilities: memoryCapabilities(options),
      closing: new AbortController(), madeAtMs: services.now(), unanswered: new Set(),
    }),
  });
}

/** The reference backend: it keeps all rules of the contract, in memory and without SSH. Machines end with the process. */
export const memoryPlugin: BackendPlugin<MemoryOptions> = pluginOf({});

/** The memory backend for `new Fleet({ backends: [memory()] })`. */
export function memory(options: MemoryOptions = {}, { name, ...extras }: MemoryExtras = {}): ConfiguredBackend {
  return { plugin: pluginOf(extras), options, ...(name === undefined ? {} : { name }) };
}
