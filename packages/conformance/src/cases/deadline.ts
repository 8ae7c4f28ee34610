import { claim, same } from "../claim.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { NotObserved } from "../run-case.ts";
import type { Session } from "../session.ts";

/** The longest that is waited on the computer's clock, in seconds. */
const longestWaitSeconds = 60;

/** Whether a machine's death at its deadline can be seen here; gives the seconds of its life and what may pass after. */
function lifeOf({ facts, subject }: Session): { readonly lifeSeconds: number; readonly slackSeconds: number } {
  if (facts.deadline === "reaper") throw new NotObserved('by its facts, machines without Bridge are ended by "bridge reap"');
  const lifeSeconds = Math.max(facts.minLifetimeSeconds ?? 0, 3);
  const slackSeconds = subject.deadlineSlackSeconds ?? 360;
  if (subject.controls?.clock === undefined && lifeSeconds + slackSeconds > longestWaitSeconds) {
    throw new NotObserved(`needs clock of the subject, or a deadlineSlackSeconds with which it takes at most ${longestWaitSeconds} s`);
  }
  return { lifeSeconds, slackSeconds };
}

/** Rule 9: every machine dies at its deadline even if Bridge is gone. */
export const deadlineCases: readonly ConformanceCase[] = [
  {
    name: "a machine dies at its deadline though Bridge is gone",
    rule: 9,
    why: "When Bridge is down nobody ends machines, and they cost until somebody looks at the bill.",
    run: async (session) => {
      const { lifeSeconds, slackSeconds } = lifeOf(session);
      const maker = session.freshBackend();
      const { attempt } = await session.machine({ backend: maker, grant: session.grant({ seconds: lifeSeconds }) });
      await maker.close?.();
      await session.patience.pass(Math.max(0, (attempt.content.deadlineMs - session.patience.now()) / 1000) + slackSeconds);
      const alive = (await session.listed(attempt, session.freshBackend())).filter(({ kind, state }) => kind === "machine" && (state === "starting" || state === "running"));
      same(alive.length, 0, `machines that run ${slackSeconds} s after their deadline`);
    },
  },
  {
    name: "a machine that lives is not ended before its deadline when Bridge goes away",
    rule: 9,
    why: "Bridge restarts; the work on the machines must not suffer from it.",
    run: async (session) => {
      const maker = session.freshBackend();
      const { attempt } = await session.machine({ backend: maker });
      await maker.close?.();
      await session.patience.sleep(1);
      const live = await session.liveMachines(attempt, 1, session.freshBackend());
      claim(live[0]?.state === "running", `the machine is ${live[0]?.state}`);
    },
  },
  {
    name: "a machine that was found again dies at its deadline, too",
    rule: 9,
    why: "A restart must neither lengthen a life nor make it endless.",
    run: async (session) => {
      const { lifeSeconds, slackSeconds } = lifeOf(session);
      const { attempt, instance } = await session.machine({ grant: session.grant({ seconds: lifeSeconds + 2 }) });
      const again = session.freshBackend();
      same((await session.provision(attempt, { backend: again })).instanceId, instance.instanceId, "the machine that is found again");
      for (const backend of session.backends) await backend.close?.();
      await session.patience.pass(Math.max(0, (attempt.content.deadlineMs - session.patience.now()) / 1000) + slackSeconds);
      const alive = (await session.listed(attempt, session.freshBackend())).filter(({ kind, state }) => kind === "machine" && (state === "starting" || state === "running"));
      same(alive.length, 0, `machines that run ${slackSeconds} s after their deadline`);
    },
  },
];
