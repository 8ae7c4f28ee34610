import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ConfiguredBackend, Fleet } from "@bridge/core";
import { local } from "@bridge/backend-local";
import { masterSecret, owner } from "./observed.ts";

const momentMs = 200;

/** A state directory of the local backend and its processes; all of them are ended with it. */
export class LocalHost implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), "bridge-prove-"));
  readonly #state = join(this.folder, "state");

  /** An entry of the boot config for this host. */
  entry(name = "local", options: { readonly maxCpuMillicores?: number } = {}): ConfiguredBackend {
    return local({ stateDirectory: this.#state, lingerSeconds: 0, ...options }, { name });
  }

  ledger(name = "ledger"): string {
    return join(this.folder, `${name}.sqlite`);
  }

  /** Every process that works for an instance of this host, by id and start time, as the kernel says. One that is there for a moment only, such as a workload's child before it has become another program, is not counted. */
  alive(): readonly string[] {
    const first = this.#look();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, momentMs);
    const second = this.#look();
    return first.filter((each) => second.includes(each));
  }

  #look(): readonly string[] {
    return readdirSync("/proc").filter((pid) => /^\d+$/.test(pid)).flatMap((pid) => {
      try {
        if (!readFileSync(`/proc/${pid}/environ`, "latin1").includes(this.#state)) return [];
        // Fields after the name, which may hold anything in parentheses; the 22nd of all is the start time.
        const fields = readFileSync(`/proc/${pid}/stat`, "latin1").replace(/^.*\) /s, "").split(" ");
        // The workload's own short-lived child is none of ours.
        return /^(Z|X)$/.test(fields[0] ?? "") || readFileSync(`/proc/${pid}/comm`, "latin1").trim() === "sleep" ? [] : [`${pid}@${fields[19]}`];
      } catch {
        // It has just ended.
        return [];
      }
    }).sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await using fleet = new Fleet({ owner, masterSecret, backends: [this.entry()] });
    for (const instance of (await fleet.list()).instances) await fleet.terminate({ ...instance, backend: "local" });
    rmSync(this.folder, { recursive: true, force: true });
  }
}
