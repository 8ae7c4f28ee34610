import { randomBytes } from "node:crypto";
import type { BackendServices, ComputeGrant, Envelope, InstanceRef, Log, Placement, ProvisionContext } from "@bridge/core";
import { encodeTags } from "@bridge/core/backend";
import { generateSshKeyPair } from "@bridge/core/keys";

/** What a case may do at the hooks of a provision. */
export interface Hooks extends Partial<Pick<ProvisionContext, "mayCreate" | "onCreated" | "onReady" | "progress">> {
  readonly signal?: AbortSignal;
}

/** Which backend an attempt is for. */
export type Entry = Pick<BackendServices, "name" | "owner" | "ledgerId">;

/** What an attempt is made of. */
export interface AttemptContent {
  readonly entry: Entry;
  readonly grant: ComputeGrant;
  readonly envelope: Envelope;
  readonly requestKey: string;
  readonly attempt: number;
  readonly placement: Placement;
  readonly intentAtMs: number;
  readonly deadlineMs: number;
  readonly keys: ProvisionContext["keys"];
}

/** Fresh keys of an attempt. */
export function attemptKeys(requesterPublicKey: string): ProvisionContext["keys"] {
  return { host: generateSshKeyPair(), control: generateSshKeyPair(), requesterPublicKey, exitMac: randomBytes(32) };
}

/** One attempt with all that a caller would have written down about it, and what happened to it. */
export class Attempt {
  readonly content: AttemptContent;
  /** Hooks in the order in which they were called, over all provisions of this attempt. */
  readonly events: string[] = [];

  constructor(content: AttemptContent) {
    this.content = content;
  }

  /** The ref as it is known before the platform has answered; with an id, as after it. */
  ref(instanceId?: string): InstanceRef {
    const { entry, placement, requestKey, attempt, intentAtMs } = this.content;
    return { backend: entry.name, scope: placement.scope, requestKey, attempt, placement, intentAtMs, ...(instanceId === undefined ? {} : { instanceId }) };
  }

  /** The same attempt as somebody would repeat it with something changed; shares the record of events. */
  with(change: Partial<Pick<AttemptContent, "grant" | "envelope" | "keys" | "placement">>): Attempt {
    return Object.assign(new Attempt({ ...this.content, ...change }), { events: this.events });
  }

  /** The next attempt at the same grant. */
  next(): Attempt {
    const { keys, attempt } = this.content;
    return new Attempt({ ...this.content, attempt: attempt + 1, keys: attemptKeys(keys.requesterPublicKey) });
  }

  /** How often a hook was called. */
  count(event: string): number {
    return this.events.filter((each) => each === event).length;
  }

  /** A context for one provision. Every call gets its own, with the same values. */
  context({ signal, mayCreate, onCreated, onReady, progress }: Hooks & { readonly signal: AbortSignal }, log: Log): ProvisionContext {
    const { entry, requestKey, attempt, placement, intentAtMs, deadlineMs, keys } = this.content;
    return {
      attempt, requestKey, placement, intentAtMs, deadlineMs, keys, signal, log,
      tags: encodeTags({ owner: entry.owner, ledgerId: entry.ledgerId, backend: entry.name, requestKey, attempt, deadlineMs }),
      mayCreate: () => {
        this.events.push("mayCreate");
        mayCreate?.();
      },
      onCreated: async (ref) => {
        this.events.push("onCreated");
        await onCreated?.(ref);
      },
      onReady: async (ref) => {
        this.events.push("onReady");
        await onReady?.(ref);
      },
      progress: (stage) => progress?.(stage),
    };
  }
}
