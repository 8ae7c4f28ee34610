import { randomBytes } from "node:crypto";
import { inspect } from "node:util";

const shown = { depth: 20, maxStringLength: Number.POSITIVE_INFINITY, maxArrayLength: 1000, breakLength: Number.POSITIVE_INFINITY } as const;

/** A stretch from the middle of a private key file, where two keys cannot be the same. */
const middleOf = (privateKey: string): string => privateKey.split("\n").slice(2, -2)[0] ?? privateKey;

/** What a case gave to the backend in confidence, and what the backend said. */
export class Secrets {
  readonly #known = new Map<string, string>();
  readonly #said: { readonly where: string; readonly text: string }[] = [];

  /** A random word that must never be seen again. */
  make(what: string): string {
    const word = randomBytes(16).toString("hex");
    this.#known.set(word, what);
    return word;
  }

  /** Remembers a private key that must never be seen. */
  addKey(what: string, privateKey: string): void {
    this.#known.set(middleOf(privateKey), what);
  }

  /** Remembers bytes that must never be seen, in hex or base64. */
  addBytes(what: string, bytes: Uint8Array): void {
    this.#known.set(Buffer.from(bytes).toString("hex"), what);
    this.#known.set(Buffer.from(bytes).toString("base64"), what);
  }

  /** Remembers what the backend said: an error with its causes, the fields of a log line, an instance. */
  hear(where: string, value: unknown): void {
    const json = value instanceof Error || typeof value !== "object" ? "" : JSON.stringify(value);
    this.#said.push({ where, text: `${inspect(value, shown)}${json}` });
  }

  /** What was given away, one line each. */
  leaks(): readonly string[] {
    const lines = [...this.#known].flatMap(([word, what]) => this.#said.filter(({ text }) => text.includes(word)).map(({ where }) => `${what} is shown in ${where}`));
    return [...new Set(lines)];
  }
}
