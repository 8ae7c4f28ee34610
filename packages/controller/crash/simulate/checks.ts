import type { ErrorCode, InstanceRef } from "@bridge/core";
import type { Step } from "../../src/ledger/steps.ts";
import { checkCommitted } from "./check-committed.ts";
import { type Machine, machineName, type MachineSpec } from "./machine.ts";
import { isOwn, ledgerId, owner } from "./names.ts";
import type { World } from "./world.ts";

/** What a backend has said about one attempt. */
export interface Said {
  /** Codes with which its provisions failed. */
  readonly failures: Set<ErrorCode>;
  /** Readings of wall seconds, and the last that was written down. */
  readonly readings: Set<number>;
  lastSample?: number;
}

/** Differences between clocks up to this are borne. */
const borneSkewMs = 60_000;

/** The invariants, checked against the platform's books and the disk whenever something happens that could break one. */
export class Checks {
  readonly violations: string[] = [];
  readonly acknowledged = new Set<string>();
  readonly logs = new Map<string, string>();
  readonly #cancelled = new Set<string>();
  readonly #world: World;
  readonly #said = new Map<string, Said>();
  readonly #starts = new Map<string, number>();

  constructor(world: World) {
    this.#world = world;
  }

  violate(what: string): void {
    this.violations.push(what);
    this.#world.say("VIOLATION", () => what);
  }

  said(requestKey: string, attempt: number): Said {
    const key = `${requestKey}/${attempt}`;
    const known = this.#said.get(key) ?? { failures: new Set(), readings: new Set() };
    this.#said.set(key, known);
    return known;
  }

  provisionFailed(requestKey: string, attempt: number, code: ErrorCode): void {
    this.said(requestKey, attempt).failures.add(code);
  }

  told(requestKey: string, attempt: number, wallSeconds: number): void {
    this.said(requestKey, attempt).readings.add(wallSeconds);
  }

  /** A create leaves the process. */
  createSent({ name, requestKey, attempt, backend, scope }: MachineSpec): void {
    const row = this.#world.store.attempt(requestKey, attempt);
    if (row === undefined) this.violate(`a create for ${name} was sent, and the ledger knows nothing of that attempt`);
    else if (row["backend"] !== backend || !String(row["placement"]).includes(`"${scope}"`)) this.violate(`a create for ${name} was sent to ${scope}, and the ledger says ${String(row["placement"])}`);
    else if (row["state"] !== "intended" && row["state"] !== "created") this.violate(`a create for ${name} was sent, whose attempt is ${String(row["state"])}`);
    if (this.#cancelled.has(requestKey)) this.violate(`a create for ${name} was sent after its cancel was answered`);
  }

  /** A machine was made. */
  made(machine: Machine): void {
    const { spec: { name, requestKey, attempt } } = machine;
    if (!isOwn(machine)) return;
    const others = this.#world.platform.machines.filter((other) => other !== machine && isOwn(other) && other.spec.requestKey === requestKey);
    if (others.some(({ spec }) => spec.name === name)) this.violate(`a second machine was made for ${name}`);
    if (others.some(({ goneAtMs }) => goneAtMs === undefined)) this.violate(`${machine.id} was made for ${name} while another machine of that grant lives`);
    if (this.#world.store.attempt(requestKey, attempt)?.["state"] === "closed") this.violate(`${machine.id} appeared after ${name} was closed`);
  }

  /** A workload was started. */
  started({ id, spec: { requestKey } }: Machine): void {
    const starts = (this.#starts.get(requestKey) ?? 0) + 1;
    this.#starts.set(requestKey, starts);
    if (starts > 1) this.violate(`the workload was started ${starts} times for one grant, at last on ${id}`);
  }

  /** The controller wants an attempt to be closed. Whether its row rightly says so was checked when it was written. */
  terminating(ref: InstanceRef): void {
    const machine = this.#world.platform.named({ scope: ref.scope, name: machineName(ref) });
    if (machine === undefined || machine.goneAtMs !== undefined) return;
    const state = this.#world.store.attempt(ref.requestKey, ref.attempt)?.["state"];
    const isClosing = state === "closing" || state === "closed";
    if (isClosing && isOwn(machine)) return;
    if (!this.isPast(machine.spec.deadlineMs)) this.violate(`${machine.id} was to be terminated without evidence: its attempt is ${state === undefined ? "unknown" : String(state)}, its deadline has not passed`);
  }

  /** The platform was told to end a machine. */
  destroyed({ id, spec }: Machine): void {
    const { store } = this.#world;
    if (spec.owner !== owner) this.violate(`${id} of a foreign owner was destroyed`);
    if (spec.ledgerId === ledgerId) return;
    if (!this.isPast(spec.deadlineMs)) this.violate(`${id} of a foreign ledger was destroyed before its deadline`);
    // Past its deadline it may be in the way of an attempt that has its name.
    const isNamesake = store.attempt(spec.requestKey, spec.attempt)?.["state"] === "closing";
    if (!isNamesake && !store.isAdopted(spec.ledgerId)) this.violate(`${id} of a foreign ledger was destroyed, which nobody has taken over`);
  }

  /** A step has become durable. */
  committed(step: Step): void {
    checkCommitted(this.#world, step);
  }

  /** Somebody was told that a grant is accepted. */
  accepted(requestKey: string): void {
    this.acknowledged.add(requestKey);
    if (this.#world.store.grant(requestKey) === undefined) this.violate(`${requestKey} was said to be accepted and is not in the ledger`);
  }

  /** Somebody was told that a grant will be ended. */
  cancelled(requestKey: string): void {
    const row = this.#world.store.grant(requestKey);
    const isOver = row?.["state"] === "ending" || row?.["state"] === "settled";
    if (row?.["cancelled_at_ms"] === null && !isOver) this.violate(`${requestKey} was said to be cancelled, and the ledger does not say so`);
    this.#cancelled.add(requestKey);
  }

  /** Somebody was told that a grant runs, or is over. */
  running(requestKey: string): void {
    if (this.#world.store.grant(requestKey)?.["state"] === "accepted") this.violate(`${requestKey} was said to run, and the ledger does not say so`);
  }

  /** By the platform's clock, and by as much as clocks may differ. */
  isPast(deadlineMs: number): boolean {
    return this.#world.scheduler.nowMs >= deadlineMs - borneSkewMs;
  }
}
