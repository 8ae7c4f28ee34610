import { claim, same } from "../claim.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import type { Attempt } from "../attempt.ts";
import type { Session } from "../session.ts";
import type { Subject } from "../subject.ts";

/** The longest that is waited on the computer's clock, in seconds. */
const longestWaitSeconds = 60;

const lifeSecondsOf = ({ plugin: { facts } }: Subject): number => Math.max(facts.minLifetimeSeconds ?? 0, 6);
const slackSecondsOf = ({ deadlineSlackSeconds = 360 }: Subject): number => deadlineSlackSeconds;

/** Why a machine's death at its deadline cannot be seen here. */
function unobservable(subject: Subject): string | undefined {
  if (subject.plugin.facts.deadline === "reaper") return 'by its facts, machines without Bridge are ended by "bridge reap"';
  const tooLong = subject.controls?.clock === undefined && lifeSecondsOf(subject) + slackSecondsOf(subject) > longestWaitSeconds;
  return tooLong ? `needs clock of the subject, or a deadlineSlackSeconds with which it takes at most ${longestWaitSeconds} s` : undefined;
}

/** Lets the deadline pass, and as much time as machines may live on; none may run then. */
async function claimDead(session: Session, attempt: Attempt): Promise<void> {
  const slackSeconds = slackSecondsOf(session.subject);
  await session.patience.pass(Math.max(0, (attempt.content.deadlineMs - session.patience.now()) / 1000) + slackSeconds);
  const alive = (await session.listed(attempt, session.freshBackend())).filter(({ kind, state }) => kind === "machine" && (state === "starting" || state === "running"));
  same(alive.length, 0, `machines that run ${slackSeconds} s after their deadline`);
}

/** Rule 9: every machine dies at its deadline even if Bridge is gone. */
export const deadlineCases: readonly ConformanceCase[] = [
  {
    name: "a machine dies at its deadline though Bridge is gone",
    rule: 9,
    why: "When Bridge is down nobody ends machines, and they cost until somebody looks at the bill.",
    unobservable,
    run: async (session) => {
      const maker = session.freshBackend();
      const { attempt } = await session.machine({ backend: maker, grant: session.grant({ seconds: lifeSecondsOf(session.subject) }) });
      await maker.close?.();
      await claimDead(session, attempt);
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
    unobservable,
    run: async (session) => {
      const { attempt, instance } = await session.machine({ grant: session.grant({ seconds: lifeSecondsOf(session.subject) + 2 }) });
      const again = session.freshBackend();
      same((await session.provision(attempt, { backend: again })).instanceId, instance.instanceId, "the machine that is found again");
      for (const backend of session.backends) await backend.close?.();
      await claimDead(session, attempt);
    },
  },
];
