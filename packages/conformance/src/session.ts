import { randomBytes, randomUUID } from "node:crypto";
import {
  type Backend, type BackendFacts, type BridgeError, type ComputeGrant, createAlmanac, type Envelope, isBridgeError, type ListedInstance, type Log,
  type ProvisionedInstance, requestKeyOf, type SshKeyPair,
} from "@bridge/core";
import { makeBackend } from "@bridge/core/backend";
import { generateSshKeyPair } from "@bridge/core/keys";
import { Attempt, attemptKeys, type Entry, type Hooks } from "./attempt.ts";
import { claim } from "./claim.ts";
import type { Controls } from "./controls.ts";
import { Patience } from "./patience.ts";
import { patientList } from "./patient-list.ts";
import { Secrets } from "./secrets.ts";
import type { Subject } from "./subject.ts";

/** What a session may not exceed. */
export interface SessionLimits {
  /** Names what is made; unique to this run. Default: random. */
  readonly owner?: string;
  /** The most machines at once. Default: no limit. */
  readonly maxInstances?: number;
  /** Ends the case: calls are aborted, what was made is terminated. */
  readonly signal?: AbortSignal;
  /** By when, and a little for cleaning up, leases end: so long do machines live if this process is killed. Milliseconds since the Unix epoch. */
  readonly leasesEndAtMs?: number;
}

/** What a case works with: fresh backends on the subject's platform, attempts, bounded waits. Remembers all that must be ended. */
export class Session {
  readonly subject: Subject;
  readonly facts: BackendFacts;
  readonly patience: Patience;
  readonly secrets = new Secrets();
  /** Key pair of the requester. */
  readonly requester: SshKeyPair = generateSshKeyPair();
  /** What a reader of the report should know about how the case was run. */
  readonly notes: string[] = [];
  readonly entry: Entry;
  /** Attempts that were tried and backends that were made, to be ended with the case. */
  readonly tried = new Set<Attempt>();
  readonly backends: Backend[] = [];
  readonly almanac = createAlmanac();
  readonly #ending = new AbortController();
  readonly #limits: SessionLimits;
  readonly #log: Log;
  #backend: Backend | undefined;

  constructor(subject: Subject, limits: SessionLimits = {}) {
    this.subject = subject;
    this.facts = subject.plugin.facts;
    this.patience = new Patience(subject.controls?.clock);
    this.#limits = limits;
    const random = () => randomBytes(5).toString("hex");
    this.entry = { name: subject.plugin.name, owner: limits.owner ?? `conformance-${random()}`, ledgerId: `ledger-${random()}` };
    const hear = (fields: object, message: string) => this.secrets.hear("the log", { fields, message });
    this.#log = { debug: hear, info: hear, warn: hear, error: hear };
    this.secrets.addKey("the requester's private key", this.requester.privateKey);
  }

  /** Fires when the case is over. */
  get signal(): AbortSignal {
    return this.#limits.signal === undefined ? this.#ending.signal : AbortSignal.any([this.#ending.signal, this.#limits.signal]);
  }

  /** Ends what still waits; attempts can no longer be provisioned. */
  end(): void {
    this.#ending.abort();
  }

  /** The longest that calls may take, in seconds. */
  get seconds(): { readonly provision: number; readonly terminate: number; readonly call: number; readonly prompt: number } {
    const { createTimeoutSeconds, settleSeconds, readyTimeoutSeconds } = this.facts;
    const create = 2 * (createTimeoutSeconds + settleSeconds);
    return { provision: create + readyTimeoutSeconds + 20, terminate: create + 60, call: createTimeoutSeconds + 20, prompt: 3 };
  }

  /** A control that the case has named among its needs. */
  control<K extends keyof Controls>(name: K): NonNullable<Controls[K]> {
    const control = this.subject.controls?.[name];
    if (control === undefined) throw new Error(`the case uses the control ${name} without naming it among its needs`);
    return control;
  }

  /** A backend as another process would have it: nothing shared but the options. */
  freshBackend({ clockAheadMs = 0, ...change }: Partial<Entry> & { /** How far its clock is ahead of the platform's. Default 0. */ readonly clockAheadMs?: number } = {}): Backend {
    const entry = { ...this.entry, ...change };
    const now = () => this.patience.now() + clockAheadMs;
    const backend = makeBackend(this.subject, { ...entry, log: this.#log, now, almanac: this.almanac });
    this.backends.push(backend);
    return backend;
  }

  /** The backend that a case uses unless it needs several. */
  get backend(): Backend {
    this.#backend ??= this.freshBackend();
    return this.#backend;
  }

  /** A grant as the subject wants it, from now for so many seconds. */
  grant({ seconds = this.#leaseSeconds, ...change }: Partial<ComputeGrant> & { readonly seconds?: number } = {}): ComputeGrant {
    const nowTick = this.almanac.msToTick(this.patience.now());
    const base: ComputeGrant = {
      requestId: randomUUID(), issuer: "conformance", providerId: "conformance", validFrom: nowTick, validTo: nowTick + Math.max(seconds, this.facts.minLifetimeSeconds ?? 0),
      manifest: { cpuMillicores: 100, ramMib: 64, storageGib: 0, arch: "amd64", tdx: "none", regions: [] },
    };
    return { ...(this.subject.grant?.(base) ?? base), ...change };
  }

  get #leaseSeconds(): number {
    const { leasesEndAtMs } = this.#limits;
    const left = leasesEndAtMs === undefined ? Number.POSITIVE_INFINITY : Math.ceil((leasesEndAtMs - this.patience.now()) / 1000);
    return Math.min(3600, Math.max(0, left) + this.seconds.terminate);
  }

  /** An attempt that nobody has tried yet, at the first placement that the backend offers. */
  async attempt({ backend = this.backend, entry = {}, envelope = this.subject.workload?.runs ?? { command: ["/bin/sh", "-c", "sleep 3600"] }, grant = this.grant() }: {
    readonly backend?: Backend; readonly entry?: Partial<Entry>; readonly envelope?: Partial<Envelope>; readonly grant?: ComputeGrant;
  } = {}): Promise<Attempt> {
    const whole = { ...this.entry, ...entry };
    const capabilities = await this.patience.within(backend.capabilities(), this.seconds.call, "capabilities()");
    claim(backend.canSatisfy(grant), "the subject's grant is refused by canSatisfy(); adjust it by Subject.grant");
    const region = capabilities.regions.find((label) => grant.manifest.regions.length === 0 || grant.manifest.regions.includes(label)) ?? "";
    const placements = backend.placements === undefined ? [{ scope: backend.name, region, size: "default", resolved: {} }]
      : await this.patience.within(backend.placements(grant), this.seconds.call, "placements()");
    const [placement] = placements;
    claim(placement !== undefined, "placements() offers none for the subject's grant");
    const keys = attemptKeys(this.requester.publicKey);
    const secretWords = { BRIDGE_CONFORMANCE: this.secrets.make("a value of the environment") };
    return new Attempt({
      entry: whole, grant, placement, keys, attempt: 1, requestKey: requestKeyOf(whole.owner, grant), intentAtMs: this.patience.now(),
      deadlineMs: this.almanac.tickToMs(grant.validTo),
      envelope: { sshPublicKey: this.requester.publicKey, ...envelope, environment: { ...envelope.environment, ...secretWords } },
    });
  }

  /** Calls provision; what is tried is ended with the case. */
  provision(attempt: Attempt, options: Hooks & { readonly backend?: Backend } = {}): Promise<ProvisionedInstance> {
    this.remember(attempt);
    return this.provisionUnaudited(attempt, options);
  }

  /** Calls provision for an attempt that cannot be terminated, because it must be refused. */
  provisionUnaudited(attempt: Attempt, { backend = this.backend, signal, ...hooks }: Hooks & { readonly backend?: Backend } = {}): Promise<ProvisionedInstance> {
    const { keys, grant, envelope } = attempt.content;
    const ends = signal === undefined ? this.signal : AbortSignal.any([signal, this.signal]);
    const { provision } = this.seconds;
    this.secrets.addKey("the machine's private host key", keys.host.privateKey);
    this.secrets.addKey("the private control key", keys.control.privateKey);
    this.secrets.addBytes("the key of the exit report", keys.exitMac);
    return this.patience.within(this.called(() => backend.provision(grant, envelope, attempt.context({ ...hooks, signal: ends }, this.#log))), provision, "provision()");
  }

  /** A running machine of a new attempt. */
  async machine(options: Parameters<Session["attempt"]>[0] = {}): Promise<{ readonly attempt: Attempt; readonly instance: ProvisionedInstance }> {
    const attempt = await this.attempt(options);
    return { attempt, instance: await this.provision(attempt, options.backend === undefined ? {} : { backend: options.backend }) };
  }

  /** A running machine whose workload ends, with a code, once `end` was called or about then. */
  async machineThatExits(code: number): Promise<{ readonly attempt: Attempt; readonly instance: ProvisionedInstance; readonly end: () => Promise<void> }> {
    const exit = this.subject.controls?.exit;
    if (exit !== undefined) {
      const made = await this.machine();
      return { ...made, end: async () => exit(made.instance, code) };
    }
    const command = ["/bin/sh", "-c", `sleep 1; exit ${code}`];
    return { ...await this.machine({ envelope: this.subject.workload?.exits?.(code) ?? { command } }), end: async () => {} };
  }

  /** Ends an attempt and waits for it. */
  terminate(target: Parameters<Backend["terminate"]>[0], backend = this.backend): Promise<void> {
    return this.patience.within(this.called(() => backend.terminate(target)), this.seconds.terminate, "terminate()");
  }

  /** What a complete listing shows of an attempt, whether it has ended or not. */
  async listed({ content: { requestKey, attempt } }: Attempt, backend = this.backend): Promise<readonly ListedInstance[]> {
    return (await this.completeList(backend)).filter((each) => each.requestKey === requestKey && each.attempt === attempt);
  }

  /** What a listing shows, which must be complete in all its scopes. */
  async completeList(backend = this.backend): Promise<readonly ListedInstance[]> {
    const list = () => this.patience.within(this.called(() => backend.list()), this.seconds.call, "list()");
    const { scopes, instances } = await patientList(list, this.patience);
    claim(scopes.length > 0, "list() names no scope");
    for (const { scope, complete, error } of scopes) claim(complete, `list() is not complete for ${scope}: ${String(error)}`);
    return instances;
  }

  /** Waits until complete lists show exactly so many live machines of an attempt, and gives them. */
  async liveMachines(attempt: Attempt, count: number, backend = this.backend): Promise<readonly ListedInstance[]> {
    let live: readonly ListedInstance[] = [];
    const look = async () => {
      live = (await this.listed(attempt, backend)).filter(({ kind, state }) => kind === "machine" && (state === "starting" || state === "running"));
      return live.length === count;
    };
    const text = () => `${live.length} live machines are listed for the attempt instead of ${count}`;
    await this.patience.until(look, this.facts.settleSeconds + 2, `${count} live machine of the attempt is listed`).catch((error: unknown) => {
      throw new Error(text(), { cause: error });
    });
    return live;
  }

  /** The error of a call that must fail: a BridgeError of one of these codes, if any are given. */
  async failure(work: Promise<unknown>, what: string, codes: readonly string[] = []): Promise<BridgeError> {
    const thrown: unknown = await work.then(() => undefined, (error: unknown) => error ?? new Error("undefined was thrown"));
    claim(thrown !== undefined, `${what} succeeds; it must fail${codes.length === 0 ? "" : ` with ${codes.join(" or ")}`}`);
    if (!isBridgeError(thrown)) throw thrown instanceof Error ? thrown : new Error(String(thrown));
    const { code, message } = thrown;
    claim(codes.length === 0 || codes.includes(code), `${what} fails with ${code} (${message}) instead of ${codes.join(" or ")}`);
    return thrown;
  }

  /** Runs a call of the backend: what it throws is heard, and must be a BridgeError. */
  async called<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (thrown) {
      this.secrets.hear("an error", thrown);
      if (isBridgeError(thrown)) throw thrown;
      const text = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : `the ${typeof thrown} ${JSON.stringify(thrown)}`;
      throw new Error(`a backend throws only BridgeErrors; this one threw ${text}. Wrap it: toBridgeError(error, { backend, operation })`, { cause: thrown });
    }
  }

  /** Notes that an attempt may have a machine from now on. Throws when the case is over: what is made then, nobody would end. */
  remember(attempt: Attempt): void {
    claim(!this.signal.aborted, "the case is over; nothing may be made any more");
    const { requestKey, attempt: number } = attempt.content;
    const known = [...this.tried].some(({ content }) => content.requestKey === requestKey && content.attempt === number);
    if (known) return;
    claim(this.tried.size < (this.#limits.maxInstances ?? Number.POSITIVE_INFINITY), `the case needs more than the ${this.#limits.maxInstances} machines that are allowed`);
    this.tried.add(attempt);
  }
}
