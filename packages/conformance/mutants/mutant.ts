import type { Backend, BackendPlugin, BackendServices } from "@bridge/core";
import { memory, type MemoryPlatform } from "@bridge/core/memory";
import type { ConformanceCase, Subject } from "../src/index.ts";
import { kitPlugin, kitSubject } from "../test/fixtures/kit-subject.ts";
import { memoryPlatform, memorySubject } from "../test/fixtures/memory-subject.ts";

/** What is broken, in a world of its own: state in the closure is shared by all backends of one subject, as a platform would. */
export interface Mutation {
  /** Members of a backend to replace. */
  readonly backend?: (backend: Backend, services: BackendServices, platform: MemoryPlatform) => Partial<Backend>;
  /** Calls of the memory platform to replace, as one backend sees them. */
  readonly platform?: (platform: MemoryPlatform, services: BackendServices) => Partial<MemoryPlatform>;
  readonly plugin?: (plugin: BackendPlugin) => BackendPlugin;
  readonly subject?: (subject: Subject) => Subject;
}

/** A backend that is broken in just one way. */
export interface Mutant {
  readonly name: string;
  readonly rule: ConformanceCase["rule"];
  /** Name of the case that must fail for it. */
  readonly caughtBy: string;
  /** Which unbroken backend it is made of. Default `memory`; `kit` has real SSH, remnants and two scopes. */
  readonly base?: "memory" | "kit";
  readonly make: () => Mutation;
}

/** A mutant that replaces members of the backend only. */
export const backendMutant = (rule: Mutant["rule"], name: string, caughtBy: string, backend: NonNullable<Mutation["backend"]>, base: Mutant["base"] = "memory"): Mutant =>
  ({ rule, name, caughtBy, base, make: () => ({ backend }) });

/** The object with some members replaced; the others keep their own `this`. */
function withMembers<T extends object>(target: T, members: Partial<T>): T {
  return new Proxy(target, {
    get: (whole, key) => {
      const own: unknown = Reflect.get(members, key);
      if (own !== undefined) return own;
      const value: unknown = Reflect.get(whole, key);
      return typeof value === "function" ? value.bind(whole) as unknown : value;
    },
  });
}

const replaced = (plugin: BackendPlugin, { backend, plugin: change = (each) => each }: Mutation, made: (services: BackendServices) => BackendPlugin, platform: MemoryPlatform): BackendPlugin => change({
  ...plugin,
  create: (options, services) => {
    const whole = made(services).create(options, services);
    return { ...whole, ...backend?.(whole, services, platform) };
  },
});

/** The mutant's subject, anew. */
export function mutantSubject({ make, base = "memory" }: Mutant): Subject {
  const mutation = make();
  const platform = memoryPlatform();
  if (base === "kit") {
    const subject = kitSubject((machines) => replaced(kitPlugin(machines), mutation, () => kitPlugin(machines), platform));
    return mutation.subject?.(subject) ?? subject;
  }
  const subject = memorySubject(platform);
  const seenBy = (services: BackendServices) => {
    const { plugin } = memory({}, { platform: withMembers(platform, mutation.platform?.(platform, services) ?? {}), facts: subject.plugin.facts });
    return plugin;
  };
  const broken = { ...subject, plugin: replaced(subject.plugin, mutation, seenBy, platform) };
  return mutation.subject?.(broken) ?? broken;
}
