/** A client class of the SDK, as far as it is looked at. */
export interface ClientClass {
  readonly prototype: Sender;
}

interface Sender {
  send(...parameters: readonly never[]): unknown;
}

type Listener = (input: object) => void;

/** Who listens to the clients of a class, by the name of a command. */
const heard = new WeakMap<Sender, { readonly original: Sender["send"]; readonly listeners: Set<readonly [name: string, listener: Listener]> }>();

/**
 * Calls back in the synchronous step in which any client of a class is given a command of that name, `RunInstancesCommand`, with the
 * command's input. Signing and sending follow later, inside the SDK.
 *
 * @returns takes it back.
 */
export function onCommand({ prototype }: ClientClass, name: string, listener: Listener): () => void {
  const { listeners, original } = heard.get(prototype) ?? listenTo(prototype);
  const entry = [name, listener] as const;
  listeners.add(entry);
  return () => {
    listeners.delete(entry);
    if (listeners.size > 0) return;
    prototype.send = original;
    heard.delete(prototype);
  };
}

function listenTo(prototype: Sender) {
  const original = prototype.send;
  const made = { original, listeners: new Set<readonly [string, Listener]>() };
  heard.set(prototype, made);
  prototype.send = function send(...parameters) {
    const [command] = parameters as readonly unknown[]; // whatever the caller gave
    if (typeof command === "object" && command !== null) {
      const input: unknown = Reflect.get(command, "input");
      for (const [name, listener] of made.listeners) if (command.constructor.name === name && typeof input === "object" && input !== null) listener(input);
    }
    return Reflect.apply(original, this, parameters);
  };
  return made;
}
