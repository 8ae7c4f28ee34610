import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { z } from "zod";
import { type Claim, claimSchema, type InstanceStatus, statusSchema } from "./instance-records.ts";
import { claimRecord, readRecord, replaceRecord } from "./records.ts";

/** `bridge/local` in the user's state folder (XDG base directory specification). */
export function defaultStateDirectory(): string {
  return join(process.env["XDG_STATE_HOME"] ?? join(homedir(), ".local", "state"), "bridge", "local");
}

/** The folder of one instance. Its id is `<requestKey>-<attempt>`. */
export class InstanceDirectory {
  readonly id: string;
  readonly path: string;
  /** Home and working directory of the workload and of SSH sessions. */
  readonly workPath: string;

  constructor(path: string, id: string) {
    this.id = id;
    this.path = path;
    this.workPath = join(path, "work");
  }

  readClaim(): Claim | undefined {
    const record = readRecord(join(this.path, "claim.json"));
    return record === undefined ? undefined : claimSchema.parse(record);
  }

  /** Whether this call made the claim; false when the attempt was claimed before. */
  claim(claim: Claim): boolean {
    return claimRecord(join(this.path, "claim.json"), claim);
  }

  readStatus(): InstanceStatus | undefined {
    const record = readRecord(join(this.path, "status.json"));
    return record === undefined ? undefined : statusSchema.parse(record);
  }

  writeStatus(status: InstanceStatus): void {
    replaceRecord(join(this.path, "status.json"), status);
  }

  /** Closed: nothing of the instance exists any more, and nothing can appear. The claim stays until its deadline. */
  get isClosed(): boolean {
    return existsSync(join(this.path, "closed"));
  }

  close(): void {
    for (const name of ["work", "workload.log", "agent.log", "status.json"]) rmSync(join(this.path, name), { recursive: true, force: true });
    claimRecord(join(this.path, "closed"), {});
  }
}

/** All instances of one state directory, shared by every process that uses it. */
export class StateDirectory {
  readonly #path: string;

  constructor(path: string) {
    this.#path = resolve(path);
  }

  /** Identity of this directory; a copy has the same, another directory another. Made by whoever asks first. */
  scope(): string {
    const path = join(this.#path, "scope.json");
    if (!existsSync(path)) claimRecord(path, { scope: `local-${randomUUID()}` });
    return z.object({ scope: z.string() }).parse(readRecord(path)).scope;
  }

  /** The directory's path; made if it is not there. */
  ensured(): string {
    mkdirSync(this.#path, { recursive: true, mode: 0o700 });
    return this.#path;
  }

  instance(id: string): InstanceDirectory {
    return new InstanceDirectory(join(this.#path, "instances", id), id);
  }

  instances(): readonly InstanceDirectory[] {
    const path = join(this.#path, "instances");
    mkdirSync(path, { recursive: true, mode: 0o700 });
    return readdirSync(path).map((id) => this.instance(id));
  }

  /** Forgets claims that nobody can ask for again: their grant has expired and nothing of them exists. */
  forgetExpired(nowMs: number): void {
    for (const instance of this.instances()) {
      const claim = instance.readClaim();
      const done = claim !== undefined && (claim.kind === "forbidden" || instance.isClosed);
      if (done && claim.deadlineMs + 86_400_000 < nowMs) rmSync(instance.path, { recursive: true, force: true });
    }
  }
}
