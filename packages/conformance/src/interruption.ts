/** Why a run was ended from outside: undefined while it goes on. */
export interface Interruption {
  readonly signal: AbortSignal;
  /** In words; undefined: nothing has interrupted it. */
  readonly reason: () => string | undefined;
  /** Whether the plugin's own code threw where nobody could catch it. */
  readonly crashed: () => boolean;
}

/**
 * Listens to all that would end this process while machines run: the first Ctrl-C, a closed terminal, a reader that went away, an
 * error that nobody caught. Each ends the cases and lets what was made be terminated; a second signal ends the process at once.
 */
export function listenForInterruption(): Interruption {
  const controller = new AbortController();
  let reason: string | undefined;
  let crashed = false;
  const end = (why: string) => {
    reason ??= why;
    controller.abort();
  };
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(name, () => {
      end(`interrupted by ${name}`);
      process.stderr.write("ending: terminating what was made; again to leave it\n");
    });
  }
  // Also without a reader the machines must be terminated.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => end("its output is no longer read"));
  process.on("uncaughtException", (error) => {
    crashed = true;
    end("an error that nobody caught");
    process.stderr.write(`an error that nobody caught, from the plugin's own timer or promise: ${error instanceof Error ? error.stack : String(error)}\n`);
  });
  return { signal: controller.signal, reason: () => reason, crashed: () => crashed };
}
