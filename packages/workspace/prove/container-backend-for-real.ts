/** A backend outside of the workspace, from packed tarballs alone, on a real container engine: real cloud-init and systemd take the kit's user data, and the conformance kit passes. */
// On CI a sample of the cases; everywhere else, and with BRIDGE_TEST_ALL=1, all. Needs root, podman and mmdebstrap.
import assert from "node:assert/strict";
import { cpSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { type ContainerEngine, withContainerEngine } from "../src/container-engine.ts";
import { useTarballs, withConsumerProject } from "../src/consumer-project.ts";
import { addToCountsFile } from "../src/counts.ts";
import { runCommand } from "../src/run-command.ts";
import { root, trackedFiles } from "../src/workspace.ts";

const example = "examples/backend-podman";
const sample = [
  "rule 1:", "rule 3: SSH", "rule 3: the requester", "rule 3: a host key that is late", "rule 4: the workload", "rule 4: ten", "rule 6: terminate resolves", "rule 6: terminate removes",
  "rule 7: list shows a machine", "rule 7: list goes on", "rule 7: list shows remnants", "rule 8: a workload that exits with 7", "rule 9: a machine dies",
];
const isSample = process.env["CI"] !== undefined && process.env["BRIDGE_TEST_ALL"] !== "1";

const startedAtMs = performance.now();
const say = (text: string) => console.log(`${((performance.now() - startedAtMs) / 1000).toFixed(0).padStart(4)} s  ${text}`);

/** Installs the example in a folder of its own, and runs its lint, types and conformance there. */
async function checkExample(engine: ContainerEngine): Promise<void> {
  await withConsumerProject(["@bridge/core", "@bridge/backend-kit", "@bridge/conformance"], [], async ({ folder, tarballs }) => {
    const place = `${folder}-backend`;
    try {
      for (const path of trackedFiles(example)) cpSync(join(root, path), join(place, path.slice(example.length + 1)));
      useTarballs(place, tarballs);
      const environment = {
        PATH: `${dirname(process.execPath)}:${process.env["PATH"] ?? ""}`,
        BRIDGE_PODMAN: JSON.stringify(engine.command), BRIDGE_PODMAN_RUN: JSON.stringify(engine.runArguments),
      };
      const npm = (words: readonly string[], timeoutSeconds = 120) => runCommand("npm", words, { folder: place, environment, timeoutSeconds });
      for (const words of [["install", "--no-audit", "--no-fund", "--prefer-offline"], ["run", "lint"], ["run", "types"], ["run", "build"]]) {
        const { code, output } = await npm(words);
        assert.equal(code, 0, output);
      }
      say("installed from tarballs; its lint, types and build are right");
      const { code, output } = await npm(["test", ...(isSample ? ["--", "-t", sample.join("|")] : [])], 800);
      const [summary = "", passed = "0", failed = "1"] = /^podman: (\d+) passed, (\d+) failed, .*$/m.exec(output) ?? [];
      addToCountsFile({ passed: Number(passed), failed: Number(failed), skipped: 0 });
      console.log(output.trim().replaceAll(/^/gm, "        "));
      say(`${isSample ? "a sample of the kit" : "the whole kit"}: ${summary}`);
      assert.equal(code, 0, "the conformance kit fails");
    } finally {
      rmSync(place, { recursive: true, force: true });
    }
  });
}

await withContainerEngine(async (engine) => {
  say(`the image is there: ${engine.about}`);
  await checkExample(engine);
});
say("nothing is left: no container, no process");
