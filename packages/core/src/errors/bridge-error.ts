import type { Refusal } from "../backend/v1.ts";
import type { InstanceRef } from "../backend/words.ts";
import type { RoutingStep } from "../fleet/routing-record.ts";
import { type ErrorCode, errorCodes } from "./codes.ts";

const marker = Symbol.for("bridge.error");

/** What a failed create left: nothing for certain, a machine, or nobody knows. */
export type Outcome = "none" | "exists" | "unknown";

/** One problem with something that a person wrote. */
export interface Problem {
  /** Dotted path from the top of the document: `backends[0].options.region`. */
  readonly path: string;
  readonly message: string;
  /** Line in the file, from 1, where it is known. */
  readonly line?: number;
}

/** What a {@link BridgeError} carries beside code and message. */
export interface BridgeErrorDetails {
  /** Default: as the code's table entry says. */
  readonly retryable?: boolean;
  readonly retryAfterSeconds?: number;
  /** Name of the backend in which it happened. */
  readonly backend?: string;
  /** The contract's member that failed: `provision`, `terminate`, … */
  readonly operation?: string;
  /** Of a provision; absent means unknown. */
  readonly outcome?: Outcome;
  readonly ref?: InstanceRef;
  /** All problems of an input, for the codes that start with `invalid_`. */
  readonly problems?: readonly Problem[];
  /** Refusals by backend name, for `no_backend_can_satisfy`. */
  readonly refusals?: Readonly<Record<string, readonly Refusal[]>>;
  /** What was tried, when a Fleet gave up. */
  readonly routing?: readonly RoutingStep[];
  readonly cause?: unknown;
}

// A terminal must not be driven by what a platform or a guest wrote into a message.
const escapeControls = (text: string): string =>
  text.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);

/**
 * The one error class. Recognise it with {@link isBridgeError}, which also works across copies of this package;
 * `instanceof` does not.
 */
export class BridgeError extends Error {
  override readonly name = "BridgeError";
  readonly code: ErrorCode;
  readonly retryable: boolean;
  declare readonly retryAfterSeconds?: number;
  declare readonly backend?: string;
  declare readonly operation?: string;
  declare readonly outcome?: Outcome;
  declare readonly ref?: InstanceRef;
  declare readonly problems?: readonly Problem[];
  declare readonly refusals?: Readonly<Record<string, readonly Refusal[]>>;
  declare readonly routing?: readonly RoutingStep[];

  constructor(code: ErrorCode, message: string, details: BridgeErrorDetails = {}) {
    super(escapeControls(message), details.cause === undefined ? undefined : { cause: details.cause });
    const { cause: _cause, ...rest } = details;
    this.code = code;
    this.retryable = errorCodes[code].retryable;
    Object.assign(this, rest);
    Object.defineProperty(this, marker, { value: true });
  }

  /** Everything but stack and cause, for logs and HTTP answers. */
  toJSON(): Record<string, unknown> {
    return Object.fromEntries([...Object.entries(this), ["message", this.message]]);
  }
}

/** Whether a value is a BridgeError, of this or of another copy of the package. */
export function isBridgeError(value: unknown): value is BridgeError {
  return typeof value === "object" && value !== null && Reflect.get(value, marker) === true;
}

/** The value itself if it is a BridgeError, else one of code `internal` that holds it as its cause. Details fill what is missing. */
export function toBridgeError(value: unknown, details: BridgeErrorDetails = {}): BridgeError {
  if (!isBridgeError(value)) {
    const text = value instanceof Error ? value.message : String(value);
    return new BridgeError("internal", text, { cause: value, ...details });
  }
  const missing = Object.entries(details).filter(([key, detail]) => detail !== undefined && Reflect.get(value, key) === undefined);
  if (missing.length === 0) return value;
  const { code: _code, name: _name, ...own } = { ...value };
  const filled = new BridgeError(value.code, value.message, { ...Object.fromEntries(missing), ...own, cause: value.cause });
  if (value.stack !== undefined) filled.stack = value.stack;
  return filled;
}
