import type { Attempt } from "./attempt.ts";
import type { Session } from "./session.ts";
import type { Subject } from "./subject.ts";

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Terminates an attempt through a backend of its own, as an operator would after everything else is gone. */
async function endAttempt(session: Session, attempt: Attempt): Promise<readonly string[]> {
  try {
    await session.terminate(attempt.ref(), session.freshBackend(attempt.content.entry));
    return [];
  } catch (error) {
    return [`leak: attempt ${attempt.content.attempt} of request ${attempt.content.requestKey} cannot be terminated: ${textOf(error)}`];
  }
}

/** What is left of this run's owners, by the backend's own list and by the platform's books. */
async function leftovers(session: Session): Promise<readonly string[]> {
  const owners = [...new Set([session.entry, ...[...session.tried].map(({ content }) => content.entry)].map(({ owner }) => owner))];
  const left: string[] = [];
  for (const owner of owners) {
    const instances = await session.completeList(session.freshBackend({ owner }));
    const alive = instances.filter(({ kind, state }) => kind !== "machine" || state !== "ended");
    left.push(...alive.map(({ kind, instanceId, state }) => `leak: ${kind} ${instanceId} (${state}) is still listed after its attempt was terminated`));
  }
  const things = await session.subject.controls?.things?.() ?? [];
  return [...left, ...things.map((thing) => `leak: the platform still holds ${thing}`)];
}

/** Ends all that a case has made and gives what is wrong afterwards: leaked things, leaked secrets. */
export async function cleanUp(session: Session): Promise<readonly string[]> {
  session.end();
  const problems: string[] = [];
  try {
    await session.subject.controls?.heal?.();
    problems.push(...(await Promise.all([...session.tried].map((attempt) => endAttempt(session, attempt)))).flat());
    problems.push(...await leftovers(session));
  } catch (error) {
    problems.push(`the leak audit failed: ${textOf(error)}`);
  }
  for (const backend of session.backends) {
    await session.patience.within(backend.close?.() ?? Promise.resolve(), session.seconds.prompt, "close()").catch((error: unknown) => problems.push(textOf(error)));
  }
  problems.push(...await disposeOf(session.subject));
  return [...problems, ...session.secrets.leaks()];
}

/** Ends a subject's test platform; gives what its `dispose` had to say against the case. Never throws. */
export async function disposeOf(subject: Subject): Promise<readonly string[]> {
  try {
    await subject.dispose?.();
    return [];
  } catch (error) {
    return [`the subject's dispose failed: ${textOf(error)}`];
  }
}
