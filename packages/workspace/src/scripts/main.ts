import { spawnSync } from "node:child_process";
import { root } from "../workspace.ts";
import { type Script, readScripts } from "./scripts.ts";

const timeoutMinutes = 25;
const [kind, ...names] = process.argv.slice(2);
if (kind !== "prove" && kind !== "bench") throw new Error("the first parameter is prove or bench");

const scripts = readScripts(kind);
const chosen = names.includes("--all") ? scripts : scripts.filter(({ name }) => names.includes(name));
const unknown = names.filter((name) => !name.startsWith("--") && !scripts.some((script) => script.name === name));
// `npm run prove --list` arrives as a setting of npm's, `npm run prove -- --list` as a parameter.
const list = names.includes("--list") || process.env["npm_config_list"] === "true";

/** Runs one script in a process of its own; true when it ended with 0. */
function succeeds({ name, path, about }: Script): boolean {
  console.log(`── ${name}: ${about}`);
  const startedAtMs = performance.now();
  const { status } = spawnSync(process.execPath, [path], { cwd: root, stdio: ["ignore", "inherit", "inherit"], timeout: timeoutMinutes * 60_000, killSignal: "SIGKILL" });
  const verdict = kind === "prove" ? (status === 0 ? "true" : "FALSE") : (status === 0 ? "done" : "FAILED");
  console.log(`── ${name}: ${verdict}, ${((performance.now() - startedAtMs) / 1000).toFixed(1)} s\n`);
  return status === 0;
}

if (list) {
  const width = Math.max(...scripts.map(({ name }) => name.length), 0);
  for (const { name, about } of scripts) console.log(`${name.padEnd(width)}  ${about}`);
} else if (unknown.length > 0 || chosen.length === 0) {
  console.error(`${unknown.length > 0 ? `there is no ${unknown.join(", ")}; ` : ""}usage: npm run ${kind} <name>, or npm run ${kind} -- --list | --all`);
  process.exitCode = 2;
} else {
  const failed = chosen.filter((script) => !succeeds(script));
  if (chosen.length > 1) console.log(failed.length === 0 ? `all ${chosen.length} ${kind === "prove" ? "are true" : "are done"}` : `${kind === "prove" ? "false" : "failed"}: ${failed.map(({ name }) => name).join(", ")}`);
  if (failed.length > 0) process.exitCode = 1;
}
