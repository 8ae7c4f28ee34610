import childProcess from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import type { AttemptName, Controls } from "@bridge/conformance";
import { tagNames } from "@bridge/core/backend";
import { podman, podmanLines } from "./engine.ts";

const labelsOf = ({ requestKey, attempt }: AttemptName): readonly string[] => [`${tagNames.request}=${requestKey}`, `${tagNames.attempt}=${attempt}`];
type Fault = "lose-request" | "lose-answer" | "slow-create" | "fail-list" | "hide-list" | "refuse-destroy" | "slow-destroy" | "wrong-host-key" | "banner-only";
/** As many as the suite names when it means all. */
const isAll = (times: number): boolean => times > 100;

/** What the conformance kit may see of the engine, asked past the backend, and do to it. */
export class EngineControls {
  /** On every container of this case, whoever its owner is. */
  readonly label: string;
  readonly #faults: string;
  readonly #folder: string;
  readonly #original = childProcess.execFile;

  constructor(label: string, folder: string) {
    this.label = label;
    this.#folder = folder;
    this.#faults = join(folder, "faults");
    mkdirSync(this.#faults);
  }

  /** The folder that `faulty-podman.sh` reads. */
  get faults(): string {
    return this.#faults;
  }

  get controls(): Controls {
    return {
      createRequests: (attempt) => this.#creates().filter((line) => labelsOf(attempt).every((label) => line.split(" ").includes(label))).length,
      machines: async (attempt) => (await podmanLines("events", "--stream=false", "--since", "3h", "--filter", "event=create", "--filter", `label=${this.label}`, "--format", "{{json .}}"))
        .filter((line) => this.#isOf(attempt, line)).length,
      starts: async (attempt) => {
        const ids = await this.#containers(attempt);
        const journals = await Promise.all(ids.map((id) => podmanLines("exec", id, "journalctl", "--unit", "workload.service", "--output", "cat")));
        return journals.flat().filter((line) => line.startsWith("Started workload.service")).length;
      },
      things: () => podmanLines("ps", "--all", "--filter", `label=${this.label}`, "--format", "{{.Names}} {{.Status}}"),
      onCreateRequest: (listener) => this.#onRun(listener),
      loseCreateRequest: () => this.#fault("lose-request"),
      loseCreateAnswer: () => this.#fault("lose-answer"),
      delayCreate: (seconds) => this.#fault("lose-answer", { number: seconds }),
      slowCreate: (seconds) => this.#fault("slow-create", { number: seconds }),
      refuseDestroy: (times) => this.#fault("refuse-destroy", { times }),
      slowDestroy: (seconds) => this.#fault("slow-destroy", { number: seconds }),
      hideFromList: (times) => this.#fault("hide-list", { times }),
      failList: (times) => this.#fault("fail-list", { times }),
      // These two are about the next machine from its first moment on: the engine runs something else at its place.
      wrongHostKey: (connections) => this.#fault("wrong-host-key", { number: isAll(connections) ? -1 : connections }),
      bannerOnly: () => this.#fault("banner-only"),
      // What a machine leaves here when it is switched off: a container that has exited.
      leaveRemnant: async (ref) => void await podman("kill", ...await this.#containers(ref)),
      vanish: async (ref) => void await podman("rm", "--force", "--time", "0", ...await this.#containers(ref)),
      heal: () => this.#heal(),
    };
  }

  /** Removes what is left of the case, and listens no more. */
  async dispose(): Promise<void> {
    childProcess.execFile = this.#original;
    syncBuiltinESMExports();
    const left = await podmanLines("ps", "--all", "--quiet", "--filter", `label=${this.label}`);
    if (left.length > 0) await podman("rm", "--force", "--time", "0", ...left);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #creates(): readonly string[] {
    const path = join(this.#faults, "creates");
    return existsSync(path) ? readFileSync(path, "utf8").split("\n") : [];
  }

  #isOf(attempt: AttemptName, event: string): boolean {
    return labelsOf(attempt).every((label) => event.includes(`"${label.replace("=", '":"')}"`));
  }

  #containers(attempt: AttemptName): Promise<readonly string[]> {
    const filters = [this.label, ...labelsOf(attempt)].flatMap((label) => ["--filter", `label=${label}`]);
    return podmanLines("ps", "--all", "--quiet", "--no-trunc", ...filters);
  }

  #fault(fault: Fault, { times = 1, number = 0 }: { readonly times?: number; readonly number?: number } = {}): void {
    const names = isAll(times) ? ["always"] : Array.from({ length: times }, (_, index) => String(index));
    for (const name of names) writeFileSync(join(this.#faults, `${fault}.${name}`), String(number));
  }

  #heal(): void {
    const creates = this.#creates().join("\n");
    rmSync(this.#faults, { recursive: true });
    mkdirSync(this.#faults);
    writeFileSync(join(this.#faults, "creates"), creates);
  }

  /** Calls back in the synchronous step in which this case's backend starts `podman run`. */
  #onRun(listener: () => void): void {
    const { label } = this;
    const original = this.#original;
    childProcess.execFile = new Proxy(original, {
      apply: (target, self, parameters: Parameters<typeof original>) => {
        const words: unknown = parameters[1];
        if (Array.isArray(words) && words.includes("run") && words.includes(label)) listener();
        return Reflect.apply(target, self, parameters);
      },
    });
    syncBuiltinESMExports();
  }
}
