/** A test that did not run. */
export interface Skip {
  /** Suites and test, joined by ` > `. */
  readonly name: string;
  /** What the test said: `skip("needs …")`, or `(needs …)` in its name or that of a suite around it. */
  readonly reason?: string;
}

/** What a CI machine cannot have. A skip on CI for any other reason is a failure: `.ci/run` installs the rest. */
const lackingOnCi = ["cloud credentials", "hardware virtualisation", "Intel TDX", "permission to mount", "macOS", "Windows"] as const;

/** Reads the reason of a skip from the note given to `context.skip` or from the name of the test. */
export function readSkip(name: string, note: string | undefined): Skip {
  const reason = note ?? /\((needs [^)]+)\)/.exec(name)?.[1];
  return reason === undefined ? { name } : { name, reason };
}

/** Why a skip may not be; undefined when it may. Skips without a reason may never be. */
export function objectionTo(skip: Skip, onCi: boolean): string | undefined {
  if (skip.reason === undefined) return "it gives no reason: name it `… (needs …)` or call `skip(\"needs …\")`";
  const lacking = lackingOnCi.some((thing) => skip.reason?.startsWith(`needs ${thing}`));
  return onCi && !lacking ? "CI can run it" : undefined;
}
