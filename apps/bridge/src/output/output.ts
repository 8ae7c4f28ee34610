import { type BridgeError, type Log } from "@bridge/core";
import { describeError, errorDocument } from "./describe-error.ts";
import { type Line, renderLine } from "./line.ts";
import { plain } from "./plain.ts";

/** Options that every command has. */
export interface OutputOptions {
  /** Results as JSON on stdout, errors as JSON on stderr. */
  readonly json?: true;
  /** The log of what happens inside, on stderr. */
  readonly verbose?: true;
}

/** Where a command writes: results to stdout; progress, log and errors to stderr. */
export class Output {
  readonly #json: boolean;
  readonly #verbose: boolean;
  readonly #jsonLines: boolean;

  /** @param jsonLines with `--json`, steps and results are one line each as they come; else there is one result, and steps are silent. */
  constructor({ json = false, verbose = false }: { readonly json?: boolean; readonly verbose?: boolean }, { jsonLines = false }: { readonly jsonLines?: boolean } = {}) {
    this.#json = json;
    this.#verbose = verbose;
    this.#jsonLines = jsonLines;
  }

  /** What the command was asked for. */
  result(document: object, lines: readonly Line[]): void {
    if (this.#json) process.stdout.write(`${plain(JSON.stringify(document, undefined, this.#jsonLines ? undefined : 2))}\n`);
    else for (const line of lines) process.stdout.write(renderLine(line, process.stdout));
  }

  /** Something that happened on the way. */
  step(document: { readonly event: string; readonly [detail: string]: unknown }, line: Line): void {
    if (!this.#json) process.stderr.write(renderLine(line, process.stderr));
    else if (this.#jsonLines) process.stdout.write(`${plain(JSON.stringify(document))}\n`);
  }

  /** What a person reads as it comes, and a program gets in the result. */
  tell(...lines: readonly Line[]): void {
    if (!this.#json) for (const line of lines) process.stdout.write(renderLine(line, process.stdout));
  }

  /** Something that a person should know, and a program that reads the result need not. */
  note(line: Line): void {
    if (!this.#json) process.stderr.write(renderLine(line, process.stderr));
  }

  /** Why the command failed. */
  failure(error: BridgeError): void {
    if (this.#json) process.stderr.write(`${plain(JSON.stringify(errorDocument(error)))}\n`);
    else for (const line of describeError(error, { causes: this.#verbose })) process.stderr.write(renderLine(line, process.stderr));
  }

  /** The log of Fleet and backends: warnings and errors for a person; everything with `--verbose`. With `--json` alone, stderr holds at most the error. */
  get log(): Log {
    const silent = () => {};
    const write = (level: keyof Log, shown: boolean) => (shown ? (fields: object, message: string) => this.#writeLog(level, fields, message) : silent);
    const usual = this.#verbose || !this.#json;
    return { debug: write("debug", this.#verbose), info: write("info", this.#verbose), warn: write("warn", usual), error: write("error", usual) };
  }

  #writeLog(level: keyof Log, fields: object, message: string): void {
    const style = level === "error" ? "red" : level === "warn" ? "yellow" : "dim";
    const line: Line = this.#json ? JSON.stringify({ level, message, ...fields }) : [{ text: `${level}: ${message} ${JSON.stringify(fields)}`, style }];
    process.stderr.write(renderLine(line, process.stderr));
  }
}
