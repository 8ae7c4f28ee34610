import { checkEnd } from "./check-end.ts";
import { stateAt } from "./machine.ts";
import { adoptedLedgerId, isOwn, startMs } from "./names.ts";
import { Operator } from "./operator.ts";
import { Requester } from "./requester.ts";
import { placeStranger } from "./strangers.ts";
import { World, type WorldOptions } from "./world.ts";

const hourMs = 3_600_000;
/** A stray is found by a sweep, 120 s after its deadline, and may have to wait its turn. */
const strayMs = 900_000;
/** How long things go on after the end, for what is still on its way. */
const aftermathMs = 60_000;

/** Lives one history through to its end. Returns what was violated. */
export async function runHistory(options: WorldOptions): Promise<readonly string[]> {
  const { store, tally } = options;
  store.clear();
  const world = new World(options);
  const { plan, scheduler, checks, faults, platform } = world;
  store.onRewritten = (what) => checks.violate(`the ${what} was changed`);
  for (const [index, stranger] of plan.strangers.entries()) placeStranger(world, stranger, index);
  const operator = new Operator(world);
  const requesters = plan.grants.map((grant) => new Requester(world, operator, grant));
  for (const { afterMs, aheadMs } of plan.clockSteps) scheduler.after(afterMs, () => { if (scheduler.nowMs < startMs + plan.healAfterMs) world.turnClock(aheadMs); });
  if (plan.adoptsAfterMs !== undefined) adoptLater(world, operator, plan.adoptsAfterMs);
  operator.start();
  for (const requester of requesters) void requester.run();

  const isOverdue = () => platform.present().some((machine) => stateAt(machine, scheduler.nowMs) === "running" && scheduler.nowMs > machine.spec.deadlineMs + strayMs
    && (isOwn(machine) || store.isAdopted(machine.spec.ledgerId)));
  const isOver = () => scheduler.steps % 8 === 0 && requesters.every(({ isDone }) => isDone) && store.isSettled() && !isOverdue();
  await scheduler.run(startMs + plan.healAfterMs, () => {
    operator.tick();
    return isOver();
  });
  world.say("world", () => "nothing goes wrong from now on");
  faults.heal();
  world.turnClock(0);
  operator.heal();
  if (!(await scheduler.run(scheduler.nowMs + 4 * hourMs, isOver))) checks.violate("it is not over four hours after everything was healed");
  await scheduler.run(scheduler.nowMs + aftermathMs, () => false);

  for (const outcome of checkEnd(world)) {
    tally.count("outcomes", outcome);
    for (const point of new Set(operator.killedAt)) tally.count(`after ${point}`, outcome);
  }
  for (const [kind, times] of faults.counts) tally.count("faults", kind, times);
  tally.count("sums", "steps", scheduler.steps);
  tally.count("sums", "machines", platform.machines.length);
  operator.close();
  return checks.violations;
}

function adoptLater(world: World, operator: Operator, afterMs: number): void {
  world.scheduler.after(afterMs, () => {
    const { controller } = operator;
    const again = () => adoptLater(world, operator, 5000);
    if (controller === undefined) again();
    else controller.adoptLedger(adoptedLedgerId).catch(again);
  });
}
