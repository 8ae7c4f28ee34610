import type { Controls } from "./controls.ts";
import type { Session } from "./session.ts";
import type { Subject } from "./subject.ts";

/** The rule of the contract that a case checks: its number, or the member's name where the rule has none. */
export type Rule = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | "capabilities" | "handle" | "secrets";

/**
 * What a subject may be unlike us in, if it gives a reason. `ssh`: nothing speaks SSH at the machine's address. `login`: SSH
 * does, but the requester's account is not behind it.
 */
export type Difference = "ssh" | "login";

/** What a case cannot be observed without: a control of the test platform, or the plugin's module. */
export type Need = keyof Controls | "module" | "shared module";

/** One check of the contract; plain data, free of any test runner. */
export interface ConformanceCase {
  /** A statement about the backend, unique. */
  readonly name: string;
  readonly rule: Rule;
  /** What goes wrong in production when it does not hold. */
  readonly why: string;
  /** Without these the case is reported as not observed. */
  readonly needs?: readonly Need[];
  /** Why there is nothing to see on such a subject, by its facts; undefined: there is. Then it is reported as not observed. */
  readonly unobservable?: (subject: Subject) => string | undefined;
  /** With this declared difference the case is reported as different. */
  readonly differs?: Difference;
  /** The most machines that it has at once. Default 1. */
  readonly machines?: number;
  /** Resolves when the backend keeps the rule; throws with what it did instead. */
  readonly run: (session: Session) => Promise<void>;
}
