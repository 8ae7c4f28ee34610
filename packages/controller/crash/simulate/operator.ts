import { Controller } from "../../src/controller.ts";
import type { KillPoint } from "../../src/probe.ts";
import { toBridgeError, type Log } from "@bridge/core";
import { simBackend } from "./backend/sim-backend.ts";
import { Life } from "./life.ts";
import { MortalLedger } from "./mortal-ledger.ts";
import { owner, providerId } from "./names.ts";
import type { EndPlan } from "./plan.ts";
import { planted } from "./plants.ts";
import type { World } from "./world.ts";

const masterSecret = "a secret of the simulation, 32 bytes and more";

/** Runs one process of ours after the other, as the plan says, and the last until all is over. */
export class Operator {
  readonly #world: World;
  #lives = 0;
  #life: Life | undefined;
  #controller: Controller | undefined;
  readonly #controllers: Controller[] = [];
  #isHealed = false;
  /** Points at which processes of this history died. */
  readonly killedAt: string[] = [];

  constructor(world: World) {
    this.#world = world;
  }

  /** The controller that serves now. */
  get controller(): Controller | undefined {
    return this.#life?.isAlive === true ? this.#controller : undefined;
  }

  /** Called between two steps. */
  tick(): void {
    const life = this.#life;
    if (life === undefined || !life.isAlive) return;
    const end = this.#endOf(life);
    if (end?.by === "step" && this.#world.scheduler.steps - life.bornAtStep > end.after) this.#kill(life, "between two steps");
  }

  /** From now on processes live, and have all backends. */
  heal(): void {
    const life = this.#life;
    this.#isHealed = true;
    if (life?.isAlive !== true) return;
    if (this.#world.plan.livesWithoutBeta.includes(life.number)) void this.#stop(life, { lingers: false });
  }

  /** The last one ends too. */
  close(): void {
    this.#life?.retire();
    this.#life?.kill("the history is over");
    // Nobody does anything any more; this only lets Node forget the signals that somebody still listened to.
    for (const controller of this.#controllers) void controller.stop();
  }

  start(): void {
    this.#lives += 1;
    const life = new Life(this.#world, this.#lives, () => this.#restartLater(life));
    this.#life = life;
    this.#controller = undefined;
    this.#run(life).catch((error: unknown) => { if (life.isAlive) this.#world.checks.violate(`process ${life.number} could not start: ${toBridgeError(error).message}`); });
    const end = this.#endOf(life);
    if (end?.by === "stop") this.#world.scheduler.after(end.afterMs, () => { if (life.isAlive && !this.#isHealed) void this.#stop(life, end); });
  }

  async #run(life: Life): Promise<void> {
    const { plan, random, say, plant, checks } = this.#world;
    say(`process ${life.number}`, () => "starts");
    const backends = [
      simBackend(life, { name: "alpha", scope: "scope-a", regions: ["a-1", "a-2"] }),
      ...(!this.#isHealed && plan.livesWithoutBeta.includes(life.number) ? [] : [simBackend(life, { name: "beta", scope: "scope-b", regions: ["b-1"] })]),
    ];
    const controller = await Controller.open({
      owner, providerId, masterSecret, backends, ledger: planted(new MortalLedger(life), plant), clock: life.clock, random: random.next, log: logOf(life), settings: plan.settings,
      limits: { default: { concurrentGrants: plan.concurrentGrants } }, probe: (point) => this.#probe(life, point),
    });
    this.#controllers.push(controller);
    void this.#read(controller, (requestKey) => checks.running(requestKey));
    await controller.start();
    if (life.isAlive) this.#controller = controller;
  }

  async #read(controller: Controller, running: (requestKey: string) => void): Promise<void> {
    for await (const event of controller.events()) {
      this.#world.tally.count("events", event.type);
      if (event.type === "running") running(event.requestKey);
    }
  }

  #probe(life: Life, { at, kind, moment }: KillPoint): Promise<void> | undefined {
    if (!life.isAlive) return new Promise(() => {});
    const point = `${at}:${kind}:${moment}`;
    const { tally } = this.#world;
    tally.count("passed", point);
    life.probes += 1;
    const end = this.#endOf(life);
    const isIt = end?.by === "probe" ? life.probes === end.after : end?.by === "kill point" && end.point === point && life.passes(point) === end.occurrence;
    if (!isIt) return undefined;
    tally.count("killed", point);
    this.killedAt.push(point);
    this.#kill(life, point);
    return new Promise(() => {});
  }

  #kill(life: Life, why: string): void {
    this.#world.tally.count("ends", life.number === 1 ? "kill" : "kill of a successor");
    life.kill(why);
  }

  async #stop(life: Life, { lingers }: { readonly lingers: boolean }): Promise<void> {
    const { tally, say } = this.#world;
    tally.count("ends", lingers ? "stop, the process goes on" : "stop");
    say(`process ${life.number}`, () => "is stopped");
    const controller = this.#controller;
    this.#controller = undefined;
    await controller?.stop();
    if (!life.isAlive) return;
    if (lingers) life.retire();
    else life.kill("stopped");
    if (lingers) this.#restartLater(life);
  }

  #restartLater(life: Life): void {
    const downMs = this.#isHealed ? 0 : this.#world.plan.downMs[life.number - 1] ?? 0;
    this.#world.scheduler.after(downMs, () => this.start());
  }

  #endOf({ number }: Life): EndPlan | undefined {
    return this.#isHealed ? undefined : this.#world.plan.ends[number - 1];
  }
}

function logOf({ world: { say }, number }: Life): Log {
  const line = (fields: object, message: string) => say(`process ${number}`, () => `${message} ${JSON.stringify(fields)}`);
  return { debug: line, info: line, warn: line, error: line };
}
