import { BridgeError, type InstanceRef, type Listing, toBridgeError } from "@bridge/core";
import { waited } from "../clock.ts";
import type { Stranded, Stranger } from "../events.ts";
import type { OpenAttempt } from "../ledger/rows.ts";
import type { Work } from "../work.ts";
import { findStranded } from "./find-stranded.ts";
import { judgeListing, type Judgement } from "./judge-listing.ts";

const listSeconds = 180;
const endSeconds = 900;

const keyOf = ({ scope, requestKey, attempt, instanceId = "" }: InstanceRef): string => JSON.stringify([scope, requestKey, attempt, instanceId]);

/** Compares what the platforms list with what the ledger says, again and again, and ends what has no right to live. */
export class Sweeper {
  readonly #work: Work;
  readonly #ending = new Map<string, Promise<void>>();
  /** In which sweep a stray was last asked to end: who was asked longest ago comes first, so that what cannot be ended holds up nothing else. */
  #asked: ReadonlyMap<string, number> = new Map();
  #sweeps = 0;
  #stranded: readonly Stranded[] = [];
  #strangers: readonly Stranger[] = [];
  /** What was told already: told again only when it has changed. */
  #told: ReadonlySet<string> = new Set();

  constructor(work: Work) {
    this.#work = work;
  }

  /** Live attempts that this configuration cannot reach. While there are any, no grant is admitted. */
  get stranded(): readonly Stranded[] {
    return this.#stranded;
  }

  /** What was found of this owner and left alone. */
  get strangers(): readonly Stranger[] {
    return this.#strangers;
  }

  /** Knows at once which backends are gone; the scopes are known after the first sweep. */
  async begin(): Promise<void> {
    this.#findStranded(await this.#work.ledger.openAttempts(), undefined);
  }

  /** Sweeps until the controller stops. */
  async run(): Promise<void> {
    const { clock, settings, stopping, log } = this.#work;
    while (!stopping.aborted) {
      try {
        await this.sweep();
      } catch (thrown) {
        if (stopping.aborted) return;
        log.error({ error: toBridgeError(thrown).message }, "a sweep failed; nothing was concluded");
      }
      await waited(clock, settings.sweepSeconds * 1000, stopping);
    }
  }

  /** One sweep: lists first, reads the ledger after, then ends what may be ended, up to the cap. */
  async sweep(): Promise<Judgement> {
    try {
      return await this.#compare();
    } finally {
      await this.#compact();
    }
  }

  async #compare(): Promise<Judgement> {
    const { ledger, fleet, sideEffects, stopping, clock, settings, trust } = this.#work;
    const { offsetMs } = trust;
    // A backend that has not answered by then is an incomplete scope; the others count.
    const listing = await sideEffects.effect("list", (signal) => fleet.list({ signal }), { signal: stopping, seconds: listSeconds, graceSeconds: 1 });
    if (stopping.aborted) throw new BridgeError("aborted", "the controller was stopped");
    this.#noteClocks(listing, offsetMs);
    const open = await ledger.openAttempts();
    const attempts = await this.#attemptsOf(listing, open);
    const judgement = judgeListing({
      listing, attemptOf: ({ requestKey, attempt }) => attempts.get(`${requestKey}/${attempt}`), ledgerId: ledger.ledgerId, adopted: ledger.adoptedLedgers,
      nowMs: clock.now(), expiredTagMs: settings.expiredTagSeconds * 1000, isFrozen: (scope) => trust.isFrozen(scope),
    });
    this.#findStranded(open, listing);
    this.#strangers = judgement.strangers;
    this.#tell(listing);
    this.#end(judgement.strays);
    return judgement;
  }

  /** Whatever becomes of a sweep, erased secrets leave the files. */
  async #compact(): Promise<void> {
    try {
      await this.#work.ledger.compact();
    } catch (thrown) {
      this.#work.log.warn({ error: toBridgeError(thrown).message }, "the ledger's files could not be compacted; it is tried again");
    }
  }

  /** Resolves when the strays that are being ended are gone, or the controller stops. */
  async settled(): Promise<void> {
    await Promise.all(this.#ending.values());
  }

  /** Of what is listed, the attempts that the ledger knows. Most are open; only the others are looked up one by one. */
  async #attemptsOf({ instances }: Listing, open: readonly OpenAttempt[]): Promise<ReadonlyMap<string, Pick<OpenAttempt, "state" | "placement">>> {
    const { ledger } = this.#work;
    const rows = new Map<string, Pick<OpenAttempt, "state" | "placement">>(open.map((attempt) => [`${attempt.requestKey}/${attempt.attempt}`, attempt]));
    for (const { requestKey, attempt, ledgerId } of instances) {
      const key = `${requestKey}/${attempt}`;
      if (ledgerId !== ledger.ledgerId || rows.has(key)) continue;
      const row = await ledger.attempt(requestKey, attempt);
      if (row !== undefined) rows.set(key, row);
    }
    return rows;
  }

  #findStranded(open: readonly OpenAttempt[], listing: Listing | undefined): void {
    const { fleet } = this.#work;
    this.#stranded = findStranded(open, fleet.backends.map(({ name }) => name), listing);
  }

  #noteClocks({ scopes }: Listing, offsetMs: number): void {
    const heard = scopes.filter(({ complete, clockSkewMs }) => complete || clockSkewMs !== undefined);
    this.#work.trust.note(new Map(heard.map(({ scope, clockSkewMs = 0 }) => [scope, clockSkewMs])), offsetMs);
  }

  #tell({ scopes }: Listing): void {
    const { events, log, trust } = this.#work;
    const told = new Set<string>();
    const tell = (key: string, say: () => void) => {
      told.add(key);
      if (!this.#told.has(key)) say();
    };
    for (const stranded of this.#stranded) {
      tell(`stranded ${stranded.reason} ${stranded.requestKey}/${stranded.attempt}`, () => {
        log.error({ ...stranded }, "a live machine is out of reach of this configuration; no grant is admitted until it can be reached");
        events.emit({ type: "stranded", ...stranded });
      });
    }
    for (const stranger of this.#strangers) {
      tell(`stranger ${stranger.reason} ${keyOf({ ...stranger, placement: { scope: stranger.scope, region: "", size: "", resolved: {} }, intentAtMs: 0 })}`, () => {
        log.warn({ ...stranger }, "something of this owner is not this ledger's; it is left to its deadline");
        events.emit({ type: "stranger", ...stranger });
      });
    }
    for (const { scope, complete, error } of scopes) {
      const message = error?.message ?? "its list is incomplete";
      if (!complete) tell(`frozen ${scope}`, () => {
        log.warn({ scope, error: message }, "a scope cannot be listed; nothing is concluded about it");
        events.emit({ type: "scope_frozen", scope, message });
      });
      const skewMs = trust.skewOf(scope);
      if (skewMs !== undefined) tell(`skew ${scope}`, () => {
        const skewSeconds = Math.round(skewMs / 1000);
        log.error({ scope, skewSeconds }, "this computer's clock and the platform's differ; no deadline is enforced there until they agree");
        events.emit({ type: "clock_skew", scope, skewSeconds });
      });
    }
    this.#told = told;
  }

  #end(strays: readonly InstanceRef[]): void {
    const { settings, events, log } = this.#work;
    this.#sweeps += 1;
    const askedIn = (stray: InstanceRef) => this.#asked.get(keyOf(stray)) ?? 0;
    const fresh = strays.filter((stray) => !this.#ending.has(keyOf(stray))).sort((a, b) => askedIn(a) - askedIn(b));
    const room = Math.max(0, settings.endedPerSweep - this.#ending.size);
    if (fresh.length > room) {
      log.warn({ ended: room, left: fresh.length - room }, "a sweep would have ended more than it may; the rest waits for the next");
      events.emit({ type: "sweep_capped", ended: room, left: fresh.length - room });
    }
    const chosen = fresh.slice(0, room);
    this.#asked = new Map(strays.map((stray) => [keyOf(stray), chosen.includes(stray) ? this.#sweeps : askedIn(stray)]));
    for (const stray of chosen) this.#ending.set(keyOf(stray), this.#endStray(stray));
  }

  async #endStray(stray: InstanceRef): Promise<void> {
    const { fleet, sideEffects, stopping, log } = this.#work;
    const { requestKey, attempt, backend, instanceId } = stray;
    log.warn({ requestKey, attempt, backend, instanceId }, "a machine that should be gone is ended");
    try {
      await sideEffects.effect("terminate", (signal) => fleet.terminate(stray, { signal }), { requestKey, signal: stopping, seconds: endSeconds });
    } catch (thrown) {
      // The next sweep finds it again.
      if (!stopping.aborted) log.warn({ requestKey, attempt, backend, error: toBridgeError(thrown).message }, "a stray machine could not be ended");
    } finally {
      this.#ending.delete(keyOf(stray));
    }
  }
}
