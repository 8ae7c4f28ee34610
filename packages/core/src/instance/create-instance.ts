import type { ProvisionedInstance } from "../backend/words.ts";

/** The members of an instance but its private key. */
export type InstanceFields = Omit<ProvisionedInstance, "keyPrivate">;

/** Holds the private key where JSON, spread, structuredClone and inspection do not look. */
class Instance {
  readonly #keyPrivate: string | undefined;

  constructor(fields: InstanceFields, keyPrivate: string | undefined) {
    Object.assign(this, fields);
    this.#keyPrivate = keyPrivate;
  }

  get keyPrivate(): string | undefined {
    return this.#keyPrivate;
  }

  /** What console.log and util.inspect show, also when asked to run getters. */
  [Symbol.for("nodejs.util.inspect.custom")](): object {
    return { ...this };
  }
}

/**
 * Makes an instance. The private key, where there is one, can be read as `instance.keyPrivate` and is omitted everywhere
 * else; a spread copy has none. Use `encodeInstance(instance, { includePrivateKey: true })` to store it on purpose.
 */
export function createInstance({ ...fields }: InstanceFields, keyPrivate?: string): ProvisionedInstance {
  Reflect.deleteProperty(fields, "keyPrivate");
  // Instance is InstanceFields (assigned) and keyPrivate (getter), which TypeScript cannot see through Object.assign.
  return new Instance(fields, keyPrivate) as unknown as ProvisionedInstance;
}
