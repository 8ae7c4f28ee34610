import { encodeUsage, decodeUsage, type UsageMetrics } from "@bridge/core";
import { claim, same } from "../claim.ts";
import type { Attempt } from "../attempt.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import type { Session } from "../session.ts";

const watchSeconds = 90;

/** Begins to watch until the grant's end, or until another tick. */
function watch(session: Session, attempt: Attempt, { backend = session.backend, validTo = attempt.content.grant.validTo, signal = session.signal } = {}): Promise<UsageMetrics> {
  const work = session.called(() => backend.watchUntilExit(attempt.ref(), validTo, { signal, exitMac: attempt.content.keys.exitMac }));
  work.catch(() => {}); // looked at by whoever awaits it
  return work;
}

/** The code must be known where the facts promise it, and is never made up. */
function claimCode({ exit }: UsageMetrics, { facts }: Session, code: number): void {
  same(exit.reason, "exited", "exit reason of a workload that has ended");
  if (facts.exitCode === "always") same(exit.code, code, "exit code");
  else claim(exit.code === undefined || exit.code === code, `exit code ${exit.code} instead of ${code}, or of none where it is not known`);
  if (facts.exitCode === "never") same(exit.code, undefined, 'exit code of a backend whose facts say "never"');
}

async function claimWatching(session: Session, work: Promise<unknown>, seconds: number, what: string): Promise<void> {
  claim(!await session.patience.settles(work, seconds), `watchUntilExit() ends though ${what}`);
}

/** Rule 8: watchUntilExit resolves when it is over, says how, and touches nothing. */
export const watchCases: readonly ConformanceCase[] = [
  ...[7, 0].map((code): ConformanceCase => ({
    name: `a workload that exits with ${code} is told as exited, with ${code}`,
    rule: 8,
    why: "The requester pays for an answer; a wrong or invented one is worse than none.",
    run: async (session) => {
      const { attempt, end } = await session.machineThatExits(code);
      const work = watch(session, attempt);
      await session.patience.settles(work, 0.2);
      await end();
      claimCode(await session.patience.within(work, watchSeconds, "watchUntilExit() of a workload that has ended"), session, code);
    },
  })),
  {
    name: "usage is in meters that say where they come from",
    rule: 8,
    why: "Bills are made of it; a missing reading is unknown, never zero, and the network is never guessed.",
    run: async (session) => {
      const { attempt, end } = await session.machineThatExits(0);
      await end();
      const usage = await session.patience.within(watch(session, attempt), watchSeconds, "watchUntilExit()");
      same(JSON.stringify(decodeUsage(encodeUsage(usage))), JSON.stringify(decodeUsage(JSON.stringify(usage))), "usage that is stored and read");
      for (const name of ["wallSeconds", "cpuCoreSeconds", "ramMibSeconds", "networkRxBytes", "networkTxBytes"] as const) {
        const meter = usage[name];
        claim(meter.source === "unknown" || (Number.isFinite(meter.value) && meter.value >= 0), `${name} is no number that is not negative`);
        claim(!name.startsWith("network") || meter.source !== "allocated", `${name} is allocated; the network is never guessed`);
      }
    },
  },
  {
    name: "watch resolves at validTo, not before, and does not terminate",
    rule: 8,
    why: "The caller first writes the usage down and then terminates; a watch that terminates loses it.",
    run: async (session) => {
      const { attempt } = await session.machine();
      const validTo = session.almanac.msToTick(session.patience.now()) + 3;
      const work = watch(session, attempt, { validTo });
      await claimWatching(session, work, 1, "validTo has not come");
      const { exit } = await session.patience.within(work, watchSeconds, "watchUntilExit() past validTo");
      same(exit.reason, "deadline", "exit reason at validTo");
      claim(session.patience.now() >= session.almanac.tickToMs(validTo), "watchUntilExit() resolved before validTo");
      await session.liveMachines(attempt, 1);
    },
  },
  {
    name: "watch of a machine that is gone resolves as lost",
    rule: 8,
    why: "Hosts fail; a watch that waits for ever keeps the grant open for ever.",
    needs: ["vanish"],
    run: async (session) => {
      const { attempt, instance } = await session.machine();
      const work = watch(session, attempt);
      await claimWatching(session, work, 0.5, "the machine runs");
      await session.control("vanish")(instance);
      same((await session.patience.within(work, watchSeconds, "watchUntilExit() of a machine that is gone")).exit.reason, "lost", "exit reason of a machine that vanished while it was watched");
      same((await session.patience.within(watch(session, attempt, { backend: session.freshBackend() }), watchSeconds, "watchUntilExit() after that")).exit.reason, "lost", "exit reason of a machine that had vanished before");
    },
  },
  {
    name: "watch of an attempt that is gone, past validTo, resolves as deadline",
    rule: 8,
    why: "After a long stop the grant must settle as what it was: used up.",
    run: async (session) => {
      const { attempt, instance } = await session.machine();
      // Before its end: a platform that lists what has ended, with the time, tells it from one that ended by itself before validTo.
      const validTo = session.almanac.msToTick(session.patience.now()) - 1;
      await session.terminate(instance);
      same((await session.patience.within(watch(session, attempt, { validTo, backend: session.freshBackend() }), watchSeconds, "watchUntilExit() past validTo")).exit.reason, "deadline", "exit reason past validTo");
    },
  },
  {
    name: "watch of a machine that is terminated resolves",
    rule: 8,
    why: "A cancelled grant would never settle.",
    run: async (session) => {
      const { attempt, instance } = await session.machine();
      const work = watch(session, attempt);
      await claimWatching(session, work, 0.5, "the machine runs");
      await session.terminate(instance, session.freshBackend());
      const { exit } = await session.patience.within(work, watchSeconds, "watchUntilExit() of a terminated machine");
      claim(exit.reason !== "deadline", "a machine that was terminated before validTo is told as deadline");
      claim(exit.code === undefined || exit.code !== 0, "a workload that was ended is told with exit code 0");
    },
  },
  {
    name: "watch can be taken up by another process",
    rule: 8,
    why: "Grants outlive the process that serves them.",
    run: async (session) => {
      const { attempt, end } = await session.machineThatExits(7);
      const first = new AbortController();
      await session.patience.settles(watch(session, attempt, { signal: AbortSignal.any([session.signal, first.signal]) }), 0.2);
      first.abort();
      const work = watch(session, attempt, { backend: session.freshBackend() });
      await session.patience.settles(work, 0.2);
      await end();
      claimCode(await session.patience.within(work, watchSeconds, "the second watchUntilExit()"), session, 7);
    },
  },
  {
    name: "twenty watches of one machine all resolve alike",
    rule: 8,
    why: "The controller, the CLI and a dashboard may all watch.",
    run: async (session) => {
      const { attempt, end } = await session.machineThatExits(7);
      const other = session.freshBackend();
      const works = Array.from({ length: 20 }, (_, index) => watch(session, attempt, { backend: index % 2 === 0 ? session.backend : other }));
      await session.patience.settles(Promise.all(works), 0.2);
      await end();
      for (const usage of await session.patience.within(Promise.all(works), watchSeconds, "twenty calls of watchUntilExit()")) claimCode(usage, session, 7);
    },
  },
  {
    name: "watch is not misled by one list that does not show the machine",
    rule: 8,
    why: "Lists lag behind; a running machine would be told as lost, and its work thrown away.",
    needs: ["hideFromList"],
    run: async (session) => {
      const { attempt, end } = await session.machineThatExits(7);
      await session.control("hideFromList")(1);
      const work = watch(session, attempt);
      await claimWatching(session, work, 0.5, "only one list did not show it");
      await end();
      claimCode(await session.patience.within(work, watchSeconds, "watchUntilExit()"), session, 7);
    },
  },
  {
    name: "watch outlasts a list that fails",
    rule: 8,
    why: "Platforms fail for minutes; the machine and its workload do not care.",
    needs: ["failList"],
    run: async (session) => {
      const { attempt, end } = await session.machineThatExits(7);
      await session.control("failList")(1);
      const work = watch(session, attempt);
      await claimWatching(session, work, 0.5, "only a list failed");
      await end();
      claimCode(await session.patience.within(work, watchSeconds, "watchUntilExit()"), session, 7);
    },
  },
  {
    name: "a watch ends by validTo while the platform cannot be asked",
    rule: 8,
    why: "The grant's time is up whether the platform answers or not.",
    needs: ["failList"],
    run: async (session) => {
      const { attempt } = await session.machine();
      const validTo = session.almanac.msToTick(session.patience.now()) + 2;
      const work = watch(session, attempt, { validTo });
      await session.patience.settles(work, 0.2);
      await session.control("failList")(Number.MAX_SAFE_INTEGER);
      same((await session.patience.within(work, watchSeconds, "watchUntilExit() past validTo")).exit.reason, "deadline", "exit reason at validTo");
    },
  },
  {
    name: "watch of another scope is refused",
    rule: 8,
    why: "With the wrong account everything looks lost.",
    run: async (session) => {
      const { attempt } = await session.machine();
      const elsewhere = { ...attempt.ref(), scope: "a-scope-of-somebody-else" };
      const work = session.called(() => session.backend.watchUntilExit(elsewhere, attempt.content.grant.validTo, { signal: session.signal }));
      await session.failure(session.patience.within(work, watchSeconds, "watchUntilExit() of another scope"), "watchUntilExit() of another scope", ["wrong_scope"]);
    },
  },
];
