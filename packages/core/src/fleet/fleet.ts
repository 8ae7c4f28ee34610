/// <reference lib="esnext.disposable" />
import { createAlmanac } from "../almanac.ts";
import { namePattern } from "../backend/define-backend.ts";
import type { BackendFacts, CallOptions, Capabilities, Listing, Refusal } from "../backend/v1.ts";
import type { BootConfig } from "../boot/boot-config.ts";
import type { AlmanacTick, ComputeGrant, Envelope, InstanceRef, Log, Placement, ProvisionedInstance, UsageMetrics } from "../backend/words.ts";
import { problemsError } from "../codec/decoder.ts";
import { BridgeError, type Problem, toBridgeError } from "../errors/bridge-error.ts";
import { canonicalJson, requestKeyOf } from "../grant/request-key.ts";
import { admitEnvelope, admitGrant } from "./admit.ts";
import { type AttemptSetting, exitMacOf, refOfAttempt, runAttempt } from "./attempt.ts";
import { ask, checkedListing } from "./ask.ts";
import { candidatesOf, choices, noteRefusals } from "./choices.ts";
import { type Diagnosis, diagnoseMember } from "./diagnose.ts";
import { allFailed, nobodyCan } from "./failures.ts";
import type { AttemptOptions, AttemptRecord, BoundedCallOptions, Choice, ChooseOptions, FleetOptions, FleetWatchOptions, ProvisionOptions } from "./fleet-options.ts";
import { guardHooks } from "./hooks.ts";
import { createKeyring } from "./keyring.ts";
import { FleetHealth } from "./health.ts";
import { createMembers, type FleetMember } from "./members.ts";
import { mergeListings } from "./merge-listings.ts";
import { provisionTask, rememberFailure } from "./provision.ts";
import { judgeAll, placementsOf, type Verdict } from "./route.ts";
import type { RoutingStep } from "./routing-record.ts";

/** Who would serve a grant, and why the others would not. */
export interface Explanation {
  /** In the order in which they would be tried. */
  readonly candidates: readonly { readonly backend: string; readonly placements: readonly Placement[] }[];
  readonly refusals: Readonly<Record<string, readonly Refusal[]>>;
}

const silent: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

function checkOptions({ owner, ledgerId = "none", capabilitiesMaxAgeSeconds = 60, capacityMemorySeconds = 180 }: FleetOptions): void {
  const problems: Problem[] = [];
  for (const [path, value] of Object.entries({ owner, ledgerId })) {
    if (!namePattern.test(value)) problems.push({ path, message: `must match ${namePattern.source}, not "${value}"` });
  }
  for (const [path, value] of Object.entries({ capabilitiesMaxAgeSeconds, capacityMemorySeconds })) {
    if (!(value >= 0)) problems.push({ path, message: "must be a number of seconds, 0 or more" });
  }
  if (problems.length > 0) throw problemsError("invalid_option", "the Fleet's options", problems);
}

/**
 * Holds backends in order of preference, routes each grant to the first that can serve it, and routes later calls back by
 * `instance.backend`. Keeps no state that matters: what it remembers for minutes only makes routing better.
 */
export class Fleet {
  readonly #members: readonly FleetMember[];
  readonly #options: FleetOptions;
  readonly #log: Log;
  readonly #now: () => number;
  readonly #almanac;
  readonly #health: FleetHealth;
  readonly #setting: AttemptSetting;

  /** @throws BridgeError `no_backends`, `contract_mismatch`, `invalid_option` with all problems. Does no I/O. */
  constructor(options: FleetOptions) {
    checkOptions(options);
    const keyring = createKeyring(options);
    this.#options = options;
    this.#log = options.log ?? silent;
    this.#now = options.now ?? Date.now;
    this.#almanac = options.almanac ?? createAlmanac();
    const { owner, ledgerId = "none", capabilitiesMaxAgeSeconds = 60, capacityMemorySeconds = 180 } = options;
    this.#members = createMembers(options.backends, { owner, ledgerId, log: this.#log, now: this.#now, almanac: this.#almanac });
    this.#setting = { owner, ledgerId, keyring, log: this.#log, now: this.#now };
    this.#health = new FleetHealth({ now: this.#now, capabilitiesMaxAgeSeconds, capacityMemorySeconds });
    this.#log.info({ backends: this.#members.map(({ backend }) => backend.name) }, "fleet initialised");
  }

  /**
   * Makes a Fleet of what `loadBootConfig` of `@bridge/core/boot` gives.
   *
   * @param rest what a boot config does not say
   * @throws BridgeError as the constructor does.
   */
  static fromBootConfig(config: BootConfig, rest: Omit<FleetOptions, keyof BootConfig> = {}): Fleet {
    const { owner, providerId, masterSecret, backends, ledgerId, fallback } = config;
    return new Fleet({
      ...rest, owner, providerId, masterSecret, backends,
      ...(ledgerId === undefined ? {} : { ledgerId }), ...(fallback === undefined ? {} : { fallback }),
    });
  }

  /** Names and facts of the backends, in order. */
  get backends(): readonly { readonly name: string; readonly facts: BackendFacts }[] {
    return this.#members.map(({ backend, facts }) => ({ name: backend.name, facts }));
  }

  /** Name and capabilities of every backend, in order, for the provider card. @throws the first backend's error: a card with holes is not published. */
  async capabilities(options: CallOptions = {}): Promise<readonly (readonly [name: string, capabilities: Capabilities])[]> {
    return Promise.all(this.#members.map(async ({ backend }) => {
      try {
        return [backend.name, await backend.capabilities(options)] as const;
      } catch (error) {
        throw toBridgeError(error, { backend: backend.name, operation: "capabilities" });
      }
    }));
  }

  /**
   * Who would serve the grant, in which placements, and why each other backend would not. Creates nothing.
   *
   * @throws BridgeError as {@link Fleet.provisionForGrant} does about the grant; a backend's failure is a refusal.
   */
  async explain(claims: ComputeGrant, options: CallOptions = {}): Promise<Explanation> {
    const { grant, deadlineMs } = this.#admit(claims);
    const refusals: Record<string, readonly Refusal[]> = {};
    const candidates: Explanation["candidates"][number][] = [];
    for (const { member, refusals: reasons } of await this.#judge(grant, deadlineMs, options.signal)) {
      const { name } = member.backend;
      if (reasons.length > 0) refusals[name] = reasons;
      else {
        try {
          candidates.push({ backend: name, placements: await placementsOf(member, grant, this.#health, options.signal) });
        } catch (error) {
          refusals[name] = [{ reason: "unavailable", message: toBridgeError(error).message }];
        }
      }
    }
    return { candidates, refusals };
  }

  /**
   * Makes a machine for a grant on the first backend that can serve it, falling back to the next placement or backend when
   * that is safe. The same call again, in any process with the same owner and master secret, finds the same machine.
   *
   * @throws BridgeError `invalid_grant`, `wrong_audience`, `grant_expired`, `grant_not_yet_valid`, `image_mismatch`;
   * `no_backend_can_satisfy` with every refusal; else what the attempts failed with, holding every cause. When `outcome`
   * is not `none`, a machine may live: pass `error.ref` to {@link Fleet.terminate}.
   */
  async provisionForGrant(claims: ComputeGrant, content: Envelope, options: ProvisionOptions = {}): Promise<ProvisionedInstance> {
    if (options.signal?.aborted) throw new BridgeError("aborted", "the caller ended the call", { outcome: "none" });
    const { grant, deadlineMs } = this.#admit(claims);
    const envelope = admitEnvelope(content, grant, options.makeRequesterKey ?? false);
    return provisionTask({
      grant, envelope, deadlineMs, options, fallback: this.#options.fallback ?? "next",
      requestKey: requestKeyOf(this.#options.owner, grant),
      verdicts: await this.#judge(grant, deadlineMs, options.signal),
      health: this.#health,
      setting: this.#setting,
    });
  }

  /**
   * The best choice for a grant that no attempt has used up and no recent failure speaks against. Creates nothing. For
   * callers who write down each attempt themselves and run it with {@link Fleet.provisionAttempt}.
   *
   * @throws BridgeError as {@link Fleet.explain} does; `no_backend_can_satisfy`, retryable where a backend may serve a little
   * later; `no_capacity` and others where all that is left was passed over.
   */
  async choose(claims: ComputeGrant, { tried = [], signal, onRouting }: ChooseOptions = {}): Promise<Choice> {
    const { grant, deadlineMs } = this.#admit(claims);
    const verdicts = await this.#judge(grant, deadlineMs, signal);
    const routing: RoutingStep[] = [];
    const note = async (step: RoutingStep) => {
      routing.push(step);
      await onRouting?.(step);
    };
    await noteRefusals(verdicts, note);
    const candidates = candidatesOf(verdicts);
    if (candidates.length === 0) throw nobodyCan(grant, verdicts, routing);
    const failures: BridgeError[] = [];
    const used = new Set(tried.map(({ backend, placement }) => canonicalJson([backend, placement])));
    for await (const { member: { backend: { name } }, placement } of choices({ grant, candidates, health: this.#health, note, failures, signal })) {
      if (!used.has(canonicalJson([name, placement]))) return { backend: name, placement };
    }
    throw allFailed(grant, failures, routing);
  }

  /**
   * Runs exactly one attempt as it was written down: no fallback, nothing is terminated. The same record again, in any
   * process, finds the same machine. The grant's times are not looked at; `record.deadlineMs` bounds the create.
   *
   * @throws BridgeError `unknown_backend`, `invalid_grant`, `image_mismatch`, and whatever the backend throws, always with
   * `outcome` and `ref`. An outcome of `none` speaks of this call alone, not of earlier ones for the same record.
   */
  async provisionAttempt(record: AttemptRecord, grant: ComputeGrant, content: Envelope, options: AttemptOptions = {}): Promise<ProvisionedInstance> {
    const ref = refOfAttempt(record);
    try {
      const envelope = admitEnvelope(content, grant, options.makeRequesterKey ?? false);
      const member = this.#memberOf(record.backend);
      return await runAttempt({ member, record, grant, envelope, setting: this.#setting, options, hooks: guardHooks(options) });
    } catch (thrown) {
      const error = toBridgeError(thrown, { backend: record.backend, operation: "provision", ref, outcome: "unknown" });
      rememberFailure({ health: this.#health, setting: this.#setting }, record, error);
      throw error;
    }
  }

  /** Resolves when the workload or machine ends or `validTo` passes, with what was used. @throws BridgeError `unknown_backend`. */
  async watchUntilExit(instance: InstanceRef, validTo: AlmanacTick, { keyVersion, ...options }: FleetWatchOptions = {}): Promise<UsageMetrics> {
    const { keyring } = this.#setting;
    const exitMac = exitMacOf(keyring.secretOf(keyVersion ?? keyring.version), instance);
    return this.#memberOf(instance.backend).backend.watchUntilExit(instance, validTo, { exitMac, ...options });
  }

  /** Ends the machine and resolves when nothing of it is left. Idempotent. @throws BridgeError `unknown_backend`, `wrong_scope`. */
  async terminate(ref: InstanceRef, options: CallOptions = {}): Promise<void> {
    return this.#memberOf(ref.backend).backend.terminate(ref, options);
  }

  /**
   * All of this owner's things on all platforms. A backend that fails is an incomplete scope, never an empty one; so is one
   * that has not answered when the signal fires.
   */
  async list(options: BoundedCallOptions = {}): Promise<Listing> {
    return mergeListings((await this.listByBackend(options)).map(({ listing }) => listing));
  }

  /** What {@link Fleet.list} joins, apart: who can reach what. */
  async listByBackend({ signal, timeoutSeconds }: BoundedCallOptions = {}): Promise<readonly { readonly backend: string; readonly listing: Listing }[]> {
    return Promise.all(this.#members.map(async ({ backend }) => {
      try {
        return { backend: backend.name, listing: checkedListing(await ask((call) => backend.list(call), { signal, seconds: timeoutSeconds })) };
      } catch (thrown) {
        const error = toBridgeError(thrown, { backend: backend.name, operation: "list" });
        return { backend: backend.name, listing: { scopes: [{ scope: backend.name, complete: false, error }], instances: [] } };
      }
    }));
  }

  /** This Fleet's clock: milliseconds since the Unix epoch. `clockSkewMs` in lists is a platform's clock minus this one. */
  now(): number {
    return this.#now();
  }

  /**
   * Looks for what would make grants fail, on every backend. Creates nothing; what cannot be asked within `timeoutSeconds`,
   * by default 60, is a finding.
   */
  async diagnose(options: BoundedCallOptions = {}): Promise<readonly Diagnosis[]> {
    return Promise.all(this.#members.map((member) => diagnoseMember(member, options)));
  }

  /** Lets go of connections and pollers. Machines live on. */
  async close(): Promise<void> {
    await Promise.all(this.#members.map(async ({ backend }) => backend.close?.()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #admit(claims: ComputeGrant): { grant: ComputeGrant; deadlineMs: number } {
    const { providerId } = this.#options;
    return admitGrant(claims, { almanac: this.#almanac, nowMs: this.#now(), ...(providerId === undefined ? {} : { providerId }) });
  }

  /** The answers of `capabilities()` are shared with other grants, so an abort ends only this wait for them. */
  async #judge(grant: ComputeGrant, deadlineMs: number, signal?: AbortSignal): Promise<readonly Verdict[]> {
    return unlessAborted(judgeAll(this.#members, grant, this.#health, Math.floor((deadlineMs - this.#now()) / 1000)), signal);
  }

  #memberOf(name: string): FleetMember {
    const member = this.#members.find(({ backend }) => backend.name === name);
    if (member !== undefined) return member;
    const registered = this.#members.map(({ backend }) => `"${backend.name}"`).join(", ");
    throw new BridgeError("unknown_backend", `the instance was provisioned by backend "${name}", which is not registered in this fleet; registered are ${registered}`, { backend: name });
  }
}

/** The answer, unless the signal fires before it comes. */
async function unlessAborted<T>(answer: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(new BridgeError("aborted", "the caller ended the call", { outcome: "none" }));
  signal?.addEventListener("abort", onAbort);
  try {
    if (signal?.aborted) onAbort();
    return await Promise.race([aborted, answer]);
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}
