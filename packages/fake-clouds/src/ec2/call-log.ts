import type { ServiceName } from "./services.ts";

/** One call as it arrived, and what was answered. */
export interface LoggedCall {
  readonly atMs: number;
  readonly service: ServiceName;
  readonly action: string;
  /** Undefined: the caller was not known. */
  readonly accountId?: string;
  readonly region?: string;
  /** Decoded by the published description. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly dryRun: boolean;
  /** The SDK's own: the same on its retries. */
  readonly invocationId?: string;
  /** Kind of the fault that it met. */
  readonly fault?: string;
  /** Whether that was one of the background. */
  readonly inBackground?: true;
  /** HTTP status; absent: never answered. */
  readonly status?: number;
  /** Code of the error that was answered. */
  readonly code?: string;
}

/** Something in a request or an answer that the description does not allow, or that the fake does not do. */
export interface Violation {
  readonly atMs: number;
  readonly action: string;
  readonly in: "request" | "answer";
  readonly path: string;
  readonly problem: string;
}

/** All calls in the order in which they came. */
export class CallLog {
  readonly calls: LoggedCall[] = [];
  readonly violations: Violation[] = [];

  /** Writes a call down; the answer adds to it. */
  begin(call: LoggedCall): (more: Partial<LoggedCall>) => void {
    const index = this.calls.push(call) - 1;
    return (more) => {
      this.calls[index] = { ...call, ...this.calls[index], ...more };
    };
  }
}
