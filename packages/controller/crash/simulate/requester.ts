import { BridgeError, requestKeyOf, toBridgeError } from "@bridge/core";
import type { Controller } from "../../src/controller.ts";
import { owner } from "./names.ts";
import type { Operator } from "./operator.ts";
import type { GrantPlan } from "./plan.ts";
import type { World } from "./world.ts";

const sshPublicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
const patienceMs = 30_000;
const pauseMs = 4000;
const fullPauseMs = 40_000;

/** Somebody with a grant: submits until there is an answer, may submit again and cancel, and asks how it is. */
export class Requester {
  readonly #world: World;
  readonly #operator: Operator;
  readonly #plan: GrantPlan;
  readonly #requestKey: string;
  #isDone = false;

  constructor(world: World, operator: Operator, plan: GrantPlan) {
    this.#world = world;
    this.#operator = operator;
    this.#plan = plan;
    this.#requestKey = requestKeyOf(owner, plan.grant);
    world.platform.decide(this.#requestKey, plan.fate);
  }

  /** Wants nothing more. */
  get isDone(): boolean {
    return this.#isDone;
  }

  async run(): Promise<void> {
    const { submitAfterMs, submitsAgainAfterMs, cancelAfterMs } = this.#plan;
    await this.#pause(submitAfterMs);
    if (!(await this.#submit())) {
      this.#world.tally.count("outcomes", "refused");
      this.#isDone = true;
      return;
    }
    void this.#follow();
    const again = submitsAgainAfterMs === undefined ? undefined : this.#pause(submitsAgainAfterMs).then(() => this.#submit());
    if (cancelAfterMs !== undefined) {
      await this.#pause(cancelAfterMs);
      await this.#until("cancel", async (controller) => {
        await controller.cancel(this.#requestKey);
        this.#world.checks.cancelled(this.#requestKey);
      });
    }
    await again;
    this.#isDone = true;
  }

  /** Resolves to false when it is refused for good. */
  async #submit(): Promise<boolean> {
    return this.#until("submit", async (controller) => {
      await controller.submitTrusted(this.#plan.grant, { sshPublicKey });
      this.#world.checks.accepted(this.#requestKey);
    });
  }

  async #follow(): Promise<void> {
    await this.#until("wait until it runs", async (controller) => {
      await controller.waitFor(this.#requestKey, "running");
      this.#world.checks.running(this.#requestKey);
    }, { once: true });
  }

  /** Asks again until there is an answer, or the grant has expired. */
  async #until(what: string, ask: (controller: Controller) => Promise<void>, { once = false } = {}): Promise<boolean> {
    const { scheduler, say, checks } = this.#world;
    do {
      let isFull = false;
      const { controller } = this.#operator;
      if (controller !== undefined) {
        const failure = await this.#answered(ask(controller));
        say("requester", () => `${this.#plan.grant.requestId}: ${what}: ${failure === undefined ? "done" : `${failure.code}: ${failure.message}`}`);
        if (failure === undefined) return true;
        isFull = failure.code === "limit_exceeded";
        if (failure.code === "not_found" && checks.acknowledged.has(this.#requestKey)) checks.violate(`${this.#requestKey} was accepted and is not found`);
        if (failure.code === "conflict" || failure.code === "internal") checks.violate(`${what} was answered with ${failure.code}: ${failure.message}`);
      }
      await this.#pause(isFull ? fullPauseMs : pauseMs);
    } while (!once && scheduler.nowMs < this.#plan.grant.validTo * 1000);
    return false;
  }

  /** Resolves to the error; also when nobody answers. */
  async #answered(answer: Promise<void>): Promise<BridgeError | undefined> {
    const silence = this.#pause(patienceMs).then(() => new BridgeError("timeout", "nobody answers"));
    return Promise.race([silence, answer.then(() => undefined, (error: unknown) => toBridgeError(error))]);
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#world.scheduler.after(ms, resolve));
  }
}
