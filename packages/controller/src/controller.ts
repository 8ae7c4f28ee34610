/// <reference lib="esnext.disposable" />
import pLimit from "p-limit";
import {
  admitEnvelope, admitGrant, BridgeError, type ComputeGrant, createAlmanac, decodeEnvelope, decodeGrant, type Envelope, Fleet, type Log, requestKeyOf, toBridgeError,
} from "@bridge/core";
import { issuerLimits, ownerLimits } from "./admission/limits.ts";
import { waited, systemClock } from "./clock.ts";
import { ClockTrust } from "./clock-trust.ts";
import { Deadlines } from "./deadlines.ts";
import { Drivers } from "./drivers.ts";
import { type ControllerEvent, Events, type Stranded, type Stranger } from "./events.ts";
import { grantStatus, type GrantStatus } from "./grant-status.ts";
import type { Ledger, LedgerCounts } from "./ledger/ledger.ts";
import { openLedger } from "./ledger/sqlite/open-ledger.ts";
import { checkOptions, type ControllerOptions } from "./options.ts";
import { envelopeMac, lockEnvelope } from "./records/envelope-box.ts";
import { createSigner } from "./records/jws.ts";
import { requireSealable } from "./records/receipt.ts";
import { Sweeper } from "./reconcile/sweeper.ts";
import { defaultSettings } from "./settings.ts";
import { SideEffects } from "./side-effects.ts";
import { Waiters } from "./waiters.ts";
import type { Work } from "./work.ts";

const silent: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** What an operator wants to know at a glance. */
export interface ControllerOverview extends LedgerCounts {
  readonly ledgerId: string;
  /** Live machines that this configuration cannot reach; while there are any, no grant is admitted. */
  readonly stranded: readonly Stranded[];
  /** What was found of this owner and left alone. */
  readonly strangers: readonly Stranger[];
}

/**
 * The durable loop around a Fleet: every accepted grant gets at most one machine, is watched, metered and ended in time, and
 * has exactly one signed log, whatever happens to this process in between. Everything that it must not forget is in the ledger.
 */
export class Controller {
  readonly #work: Work;
  readonly #options: ControllerOptions;
  readonly #ownsLedger: boolean;
  readonly #drivers: Drivers;
  readonly #sweeper: Sweeper;
  readonly #waiters: Waiters;
  readonly #stop: AbortController;
  #state: "made" | "started" | "stopped" = "made";
  #sweeping: Promise<void> = Promise.resolve();
  #stopped: Promise<void> | undefined;

  private constructor(work: Work, parts: { readonly options: ControllerOptions; readonly ownsLedger: boolean; readonly drivers: Drivers; readonly waiters: Waiters; readonly stop: AbortController }) {
    this.#work = work;
    this.#options = parts.options;
    this.#ownsLedger = parts.ownsLedger;
    this.#drivers = parts.drivers;
    this.#waiters = parts.waiters;
    this.#stop = parts.stop;
    this.#sweeper = new Sweeper(work);
  }

  /**
   * Opens the ledger, or makes it, and prepares the backends. Calls no platform; work begins with {@link Controller.start}.
   *
   * @throws BridgeError as `openLedger` and `new Fleet` do; `invalid_option` with all problems.
   */
  static async open(options: ControllerOptions): Promise<Controller> {
    checkOptions(options);
    const { owner, providerId, masterSecret, keyVersion = 1, retiredSecrets = {}, backends, log = silent, clock = systemClock, almanac = createAlmanac(), random = Math.random, probe } = options;
    const ownsLedger = "file" in options.ledger;
    const ledger: Ledger = "file" in options.ledger ? await openLedger({ owner, masterSecret, keyVersion, retiredSecrets, ...options.ledger }) : options.ledger;
    // Before the backends are made: what was decided until now may have been acted upon by another process.
    const openedAtMs = clock.now();
    try {
      const fleet = new Fleet({ owner, providerId, masterSecret, keyVersion, retiredSecrets, backends, ledgerId: ledger.ledgerId, log, now: () => clock.now(), almanac });
      const stop = new AbortController();
      const drivers = new Drivers();
      const waiters = new Waiters();
      const settings = { ...defaultSettings, ...options.settings };
      const secrets = new Map([...Object.entries(retiredSecrets).map(([version, secret]) => [Number(version), secret] as const), [keyVersion, masterSecret]]);
      const secretOf = (version: number) => secrets.get(version) ?? missingSecret(version);
      const work: Work = {
        fleet, ledger, clock, almanac, log, settings, random, openedAtMs,
        sideEffects: new SideEffects({ ledger, clock, probe }), deadlines: new Deadlines(clock), trust: new ClockTrust(clock), events: new Events(),
        signer: createSigner(masterSecret), keys: { version: keyVersion, secretOf }, provisions: pLimit(settings.provisionsAtOnce),
        facts: new Map(fleet.backends.map(({ name, facts }) => [name, facts])), stopping: stop.signal,
        closeAttempts: (requestKey) => drivers.closeAll(work, requestKey), changed: (requestKey) => waiters.wake(requestKey),
      };
      return new Controller(work, { options, ownsLedger, drivers, waiters, stop });
    } catch (error) {
      if (ownsLedger) await ledger.close();
      throw error;
    }
  }

  /**
   * Takes up everything that the ledger says is not over, and sweeps the platforms from now on. The signal stops it, as
   * {@link Controller.stop} does.
   *
   * @throws BridgeError `ledger_conflict` when the ledger is damaged; then the controller is stopped.
   */
  async start({ signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    if (this.#state !== "made") throw new BridgeError("unsupported", `this controller was ${this.#state} already; open another one`);
    this.#state = "started";
    try {
      await this.#takeUp();
    } catch (error) {
      await this.stop();
      throw error;
    }
    this.#sweeping = this.#sweeper.run();
    const stop = () => void this.stop();
    signal?.addEventListener("abort", stop, { once: true, signal: this.#stop.signal });
    if (signal?.aborted === true) stop();
  }

  async #takeUp(): Promise<void> {
    const { ledger } = this.#work;
    await this.#sweeper.begin();
    for (const { requestKey, attempt, state } of await ledger.openAttempts()) {
      if (state === "closing") void this.#drivers.close(this.#work, requestKey, attempt);
    }
    for (const requestKey of await ledger.unsettled()) this.#drivers.drive(this.#work, requestKey);
  }

  /**
   * Admits a grant whose claims the caller vouches for, and starts to serve it. Once this resolves the grant is in the ledger
   * and will be served or fail with a reason, whatever becomes of the caller or of this process. The same submission again
   * gets the same answer.
   *
   * @throws BridgeError about the grant: `invalid_grant`, `wrong_audience`, `grant_expired`, `grant_not_yet_valid`,
   * `image_mismatch`; `conflict` when its request id was used for another grant or envelope; `limit_exceeded`; `unknown_backend`
   * or `wrong_scope` while live machines are out of reach; `unavailable` while the ledger cannot be written or the controller
   * does not run.
   */
  async submitTrusted(claims: ComputeGrant, content: Envelope): Promise<GrantStatus> {
    if (this.#state !== "started") throw new BridgeError("unavailable", "the controller does not run; nothing was accepted", { outcome: "none" });
    const { clock, almanac, ledger, keys, sideEffects } = this.#work;
    const { owner, providerId, limits = {} } = this.#options;
    const atMs = clock.now();
    const grant = decodeGrant(claims);
    const requestKey = requestKeyOf(owner, grant);
    const known = await ledger.grant(requestKey);
    // The times of a grant matter when it comes in: the same submission gets the same answer, also after its deadline.
    const { deadlineMs } = known ?? admitGrant(grant, { almanac, nowMs: atMs, providerId });
    const read = decodeEnvelope(content);
    const envelope = admitEnvelope(read, grant, read.requesterKey !== undefined);
    await requireSealable(envelope.requesterKey);
    if (known === undefined) this.#requireReach();
    const accepted = await sideEffects.commit({
      kind: "accept", requestKey, grant, deadlineMs, atMs, envelopeMac: envelopeMac(envelope, requestKey, keys, known?.envelopeMac), envelopeBox: lockEnvelope(envelope, requestKey, keys),
      issuerLimits: issuerLimits(limits, grant.issuer), ownerLimits: ownerLimits(limits),
    });
    if (accepted) {
      this.#work.log.info({ requestKey, requestId: grant.requestId, issuer: grant.issuer }, "grant accepted");
      this.#work.events.emit({ type: "accepted", requestKey });
    }
    this.#drivers.drive(this.#work, requestKey);
    return this.status(requestKey);
  }

  /** Wants a grant to end: its machine is metered and ended, or never made. Durable once it resolves; again, and after its end, it changes nothing. @throws BridgeError `not_found`; `unavailable` once the controller was stopped. */
  async cancel(requestKey: string): Promise<GrantStatus> {
    this.#requireOpen();
    const cancelled = await this.#work.sideEffects.commit({ kind: "cancel", requestKey, atMs: this.#work.clock.now() });
    if (cancelled) this.#drivers.cancel(requestKey);
    return this.status(requestKey);
  }

  /** What became of a grant so far. @throws BridgeError `not_found`. */
  async status(requestKey: string): Promise<GrantStatus> {
    const row = await this.#work.ledger.grant(requestKey);
    if (row === undefined) throw new BridgeError("not_found", `there is no grant with the request key ${requestKey}`);
    return grantStatus(row, await this.#work.ledger.attempts(requestKey));
  }

  /**
   * Waits until a grant runs, or is over. A signal ends the wait, never the grant.
   *
   * @param state `running`: its machine serves it, or its result is decided; `settled`: its log is signed
   * @throws BridgeError `not_found`, `aborted` by the signal or when the controller stops.
   */
  async waitFor(requestKey: string, state: "running" | "settled", { signal }: { readonly signal?: AbortSignal } = {}): Promise<GrantStatus> {
    const ends = signal === undefined ? this.#work.stopping : AbortSignal.any([signal, this.#work.stopping]);
    return this.#waiters.until(requestKey, async () => {
      const status = await this.status(requestKey);
      return status.state === "settled" || (state === "running" && status.state !== "accepted") ? status : undefined;
    }, ends);
  }

  /** What happens from now on. Each reader gets everything; one that reads too slowly is told how much it missed. Ends when the controller stops. */
  events(): AsyncIterableIterator<ControllerEvent> {
    return this.#work.events.read();
  }

  /** How many grants there are in each state, and what needs an operator. */
  async overview(): Promise<ControllerOverview> {
    return { ledgerId: this.#work.ledger.ledgerId, ...await this.#work.ledger.counts(), stranded: this.#sweeper.stranded, strangers: this.#sweeper.strangers };
  }

  /** Compares platforms and ledger now, in addition to the regular sweeps. @throws BridgeError when the lists cannot be had. */
  async sweep(): Promise<void> {
    await this.#sweeper.sweep();
  }

  /**
   * Takes over the machines of another ledger of this owner, one that was lost: from now on they are ended once their deadline
   * has passed, as this ledger's own would be. Make sure that no other process serves that ledger.
   */
  async adoptLedger(ledgerId: string): Promise<void> {
    this.#requireOpen();
    await this.#work.sideEffects.commit({ kind: "adopt", ledgerId, atMs: this.#work.clock.now() });
  }

  /** Stops within `stopSeconds`: a create in flight may finish, everything else is left for the next start. Machines live on. Never throws. */
  async stop(): Promise<void> {
    this.#stopped ??= this.#shutDown();
    await this.#stopped;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #shutDown(): Promise<void> {
    const { clock, settings, deadlines, events, fleet, ledger, log } = this.#work;
    this.#state = "stopped";
    this.#stop.abort();
    deadlines.stop();
    const done = new AbortController();
    const over = waited(clock, settings.stopSeconds * 1000, done.signal);
    const warn = (what: string) => (error: unknown) => log.warn({ error: toBridgeError(error).message }, `${what} could not be closed`);
    // Whoever does not answer in time is left alone: the ledger says where to go on.
    await Promise.race([Promise.all([this.#drivers.ended(), this.#sweeping, this.#sweeper.settled()]), over]);
    await Promise.race([fleet.close().catch(warn("a backend")), over]);
    done.abort();
    events.end();
    if (this.#ownsLedger) await ledger.close().catch(warn("the ledger"));
  }

  #requireOpen(): void {
    if (this.#state === "stopped") throw new BridgeError("unavailable", "this controller was stopped; nothing was written down", { outcome: "none" });
  }

  #requireReach(): void {
    const [first] = this.#sweeper.stranded;
    if (first === undefined) return;
    const { reason, backend, scope, requestKey, attempt } = first;
    const what = reason === "unknown_backend" ? `backend "${backend}", which is not configured any more` : `scope ${scope}, which backend "${backend}" does not hold any more`;
    throw new BridgeError(reason, `no grant is admitted while live machines are out of reach: attempt ${attempt} of request ${requestKey} is on ${what}; put that back`, { outcome: "none", backend });
  }
}

function missingSecret(version: number): never {
  throw new BridgeError("invalid_option", `the master secret of key version ${version} is not configured; give it as retiredSecrets[${version}]`);
}
