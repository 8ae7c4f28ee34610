import { randomBytes } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Subject } from "@bridge/conformance";
import type { PodmanOptions } from "../src/index.ts";
import plugin from "../src/index.ts";
import { EngineControls } from "./controls.ts";
import { engine } from "./engine.ts";

/** Longer than a boot on a busy machine: some cases give a machine 3 s from its making to its deadline. */
const graceSeconds = 40;

/** The plugin on the podman of this machine. `npx bridge-conformance ./test/subject.ts` finds it by its name. */
export function subject(): Subject {
  const engineControls = new EngineControls(`bridge-test=${randomBytes(5).toString("hex")}`, mkdtempSync(join(tmpdir(), "bridge-podman-test-")));
  const { command, runArguments, image } = engine();
  const options: PodmanOptions = {
    command: [fileURLToPath(new URL("faulty-podman.sh", import.meta.url)), engineControls.faults, ...command],
    image,
    runArguments: [...runArguments, "--label", engineControls.label],
    graceSeconds,
  };
  return {
    plugin,
    options,
    module: { url: new URL("../src/index.ts", import.meta.url).href },
    // A whole Debian boots in it.
    grant: (base) => ({ ...base, manifest: { ...base.manifest, cpuMillicores: 1000, ramMib: 512 } }),
    deadlineSlackSeconds: graceSeconds + 15,
    controls: engineControls.controls,
    dispose: () => engineControls.dispose(),
  };
}
export default plugin;
