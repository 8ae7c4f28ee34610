import { BridgeError, type BackendFacts, type BackendServices, type Capabilities, type Isolation, type Scope } from "@bridge/core/backend";
import type { MachineBackendDefinition, MachinePlatform } from "../platform.ts";
import { Deadlines } from "../poller/deadlines.ts";
import { ScopePoller } from "../poller/scope-poller.ts";
import { abortable } from "../wait.ts";
import { Creates } from "./creates.ts";
import { mapPlatformError, withoutOutcome } from "./errors.ts";

/** What the members of one backend share, for its life. */
export class MachineSetting {
  readonly platform: MachinePlatform;
  readonly services: BackendServices;
  readonly facts: BackendFacts;
  readonly isolation: Isolation;
  readonly pollMs: number;
  readonly deadlines: Deadlines;
  /** Ends what waits outside the pollers when the backend is closed. */
  readonly closing = new AbortController();
  readonly creates: Creates;
  /** Whatever another process sent for an attempt that was decided before, this one does not know. Milliseconds since the Unix epoch. */
  readonly madeAtMs: number;
  /** The last answer of `capabilities()`. */
  capabilities: Capabilities | undefined;
  readonly #pollers = new Map<Scope, ScopePoller>();
  #held: readonly Scope[] = [];
  #asking: Promise<readonly Scope[]> | undefined;

  constructor(platform: MachinePlatform, services: BackendServices, definition: Pick<MachineBackendDefinition<never>, "facts" | "isolation" | "pollSeconds">) {
    this.platform = platform;
    this.services = services;
    this.facts = definition.facts;
    this.isolation = definition.isolation;
    this.pollMs = (platform.pollSeconds ?? definition.pollSeconds ?? 5) * 1000;
    this.deadlines = new Deadlines(services.now);
    this.madeAtMs = services.now();
    this.creates = new Creates((this.facts.createTimeoutSeconds + this.facts.settleSeconds) * 1000);
  }

  /** A BridgeError of whatever was thrown, naming this backend and the contract's member. */
  mapError(error: unknown, operation: string): BridgeError {
    return mapPlatformError(this.platform, error, { backend: this.services.name, operation });
  }

  /**
   * Runs a call of the platform, but not its create, for one member of the contract; what it throws becomes a BridgeError.
   * Without an outcome: a refused list says nothing about what an earlier create left.
   */
  async call<T>(operation: string, call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      throw withoutOutcome(this.mapError(error, operation));
    }
  }

  /** The one poller of a scope. */
  poller(scope: Scope): ScopePoller {
    const known = this.#pollers.get(scope);
    if (known !== undefined) return known;
    const poller = new ScopePoller({
      owner: this.services.owner,
      intervalMs: this.pollMs,
      log: this.services.log,
      list: (signal) => this.call("list", () => this.platform.list(scope, { signal })),
    });
    if (this.closing.signal.aborted) poller.close();
    this.#pollers.set(scope, poller);
    return poller;
  }

  /**
   * Checks that the configuration holds a scope. What the platform answered is kept: who holds a scope keeps holding it.
   *
   * @throws BridgeError `wrong_scope`, or why the scopes are not known.
   */
  async requireScope(scope: Scope, operation: string, signal: AbortSignal | undefined): Promise<void> {
    if (this.#held.includes(scope)) return;
    const scopes = await this.call(operation, () => abortable(this.#askScopes(), signal));
    if (scopes.includes(scope)) return;
    throw new BridgeError("wrong_scope", `backend "${this.services.name}" does not hold the scope ${scope}; it holds ${scopes.join(", ") || "none"}`, {
      backend: this.services.name, operation,
    });
  }

  /** One call for all who ask meanwhile. */
  async #askScopes(): Promise<readonly Scope[]> {
    this.#asking ??= this.platform.scopes({ signal: this.closing.signal }).finally(() => {
      this.#asking = undefined;
    });
    this.#held = await this.#asking;
    return this.#held;
  }

  /** Ends all waits. */
  close(): void {
    this.closing.abort();
    for (const poller of this.#pollers.values()) poller.close();
  }
}
