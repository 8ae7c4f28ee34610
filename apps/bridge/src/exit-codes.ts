/** What the exit code of `bridge` says. Shown by `bridge --help` and in the README. */
export const exitCodes = {
  0: "done; of a provision: the workload ended with 0, or its lease was over",
  1: "something failed: a platform, a command, or the workload was lost",
  2: "bad input: options, boot config, grant or envelope",
  3: "no backend can satisfy the grant",
  4: "the workload ended with another exit code than 0",
  130: "interrupted; nothing was left behind unless a message says so",
} as const;

/** One of the keys of {@link exitCodes}. */
export type ExitCode = keyof typeof exitCodes;
