import { spawnSync } from "node:child_process";
import { root } from "../workspace.ts";
import { type Proof, readProofs } from "./proofs.ts";

const timeoutMinutes = 15;
const proofs = readProofs();
const width = Math.max(...proofs.map(({ name }) => name.length), 0);
// `npm run prove --list` arrives as a setting of npm's, `npm run prove -- --list` as a parameter.
const names = process.argv.slice(2);
const list = names.includes("--list") || process.env["npm_config_list"] === "true";
const chosen = names.includes("--all") ? proofs : proofs.filter(({ name }) => names.includes(name));
const unknown = names.filter((name) => !name.startsWith("--") && !proofs.some((proof) => proof.name === name));

/** Runs one proof in a process of its own. */
function holds({ name, path, promise }: Proof): boolean {
  console.log(`── ${name}: ${promise}`);
  const startedAtMs = performance.now();
  const { status } = spawnSync(process.execPath, [path], { cwd: root, stdio: ["ignore", "inherit", "inherit"], timeout: timeoutMinutes * 60_000, killSignal: "SIGKILL" });
  const held = status === 0;
  console.log(`── ${name}: ${held ? "true" : "FALSE"}, ${((performance.now() - startedAtMs) / 1000).toFixed(1)} s\n`);
  return held;
}

if (list) {
  for (const { name, promise } of proofs) console.log(`${name.padEnd(width)}  ${promise}`);
} else if (unknown.length > 0 || chosen.length === 0) {
  console.error(`${unknown.length > 0 ? `no proof is called ${unknown.join(", ")}; ` : ""}usage: npm run prove <name> | npm run prove -- --list`);
  process.exitCode = 2;
} else {
  const broken = chosen.filter((proof) => !holds(proof));
  if (broken.length > 0) {
    console.log(`false: ${broken.map(({ name }) => name).join(", ")}`);
    process.exitCode = 1;
  }
}
