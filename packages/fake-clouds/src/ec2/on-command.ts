/** A client class of the SDK, as far as it is looked at. */
export interface ClientClass {
  readonly prototype: { send(...parameters: readonly never[]): unknown };
}

/**
 * Calls back in the synchronous step in which a client of a class is given a command of that name: `RunInstancesCommand`. Signing
 * and sending follow later, inside the SDK.
 *
 * @returns takes it back.
 */
export function onCommand({ prototype }: ClientClass, name: string, listener: () => void): () => void {
  const original = prototype.send;
  prototype.send = function send(...parameters) {
    const [command] = parameters as readonly unknown[]; // whatever the caller gave
    if (typeof command === "object" && command !== null && command.constructor.name === name) listener();
    return Reflect.apply(original, this, parameters);
  };
  return () => {
    prototype.send = original;
  };
}
