/** `npm install @bridge/core @bridge/backend-aws` into an empty project brings nothing of Google or Azure, and no SDK is loaded before its first use. */
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withPackedRegistry } from "../src/packed-registry.ts";
import { mustRun } from "../src/run-command.ts";

const wanted = ["@bridge/core", "@bridge/backend-aws"];

/** Counts modules by the package that they are of; imports, makes a backend and asks it something, which must fail without a network. */
const probe = `
import { registerHooks } from "node:module";
const loaded = new Map();
registerHooks({ load(url, context, next) {
  const name = /node_modules\\/((?:@[^/]+\\/)?[^/]+)\\/(?!.*node_modules)/.exec(url)?.[1];
  if (name !== undefined) loaded.set(name, (loaded.get(name) ?? 0) + 1);
  return next(url, context);
} });
const startedMs = performance.now();
const { Fleet } = await import("@bridge/core");
const { aws } = await import("@bridge/backend-aws");
const fleet = new Fleet({ owner: "proof", masterSecret: "x".repeat(32), backends: [aws({ regions: ["eu-west-1"], endpoint: "http://127.0.0.1:1", credentials: { accessKeyId: "a", secretAccessKey: "b" } })] });
const ms = performance.now() - startedMs;
const before = [...loaded.keys()];
await fleet.list().catch(() => {});
await fleet.close();
console.log(JSON.stringify({ ms, before, after: [...loaded.keys()] }));
`;

function mibOf(folder: string): number {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0) / 1_048_576;
}

/** Names of all packages in a node_modules, also nested ones. */
const installedIn = (modules: string): readonly string[] =>
  readdirSync(modules, { recursive: true, encoding: "utf8" }).flatMap((path) => /(?:^|node_modules\/)((?:@[^/]+\/)?[^/@.][^/]*)\/package\.json$/.exec(path)?.[1] ?? []);

const isSdk = (name: string): boolean => /^(@aws-sdk|@smithy|@aws-crypto)\//.test(name);
const isForeign = (name: string): boolean => /google|gcp|azure|gax|grpc/i.test(name);

await withPackedRegistry([...wanted, "@bridge/backend-kit"], async ({ npmrc, tarballs }) => {
  const folder = mkdtempSync(join(tmpdir(), "bridge-aws-alone-"));
  try {
    writeFileSync(join(folder, ".npmrc"), npmrc);
    writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "consumer", private: true, type: "module" }));
    await mustRun("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", ...wanted], { folder });
    const modules = join(folder, "node_modules");
    const installed = installedIn(modules);
    for (const { name, bytes } of tarballs) console.log(`${name.padEnd(22)} ${(bytes / 1024).toFixed(0).padStart(5)} KiB packed, ${(mibOf(join(modules, name)) * 1024).toFixed(0).padStart(5)} KiB unpacked`);
    const scopes = readdirSync(modules).filter((name) => name.startsWith("@")).map((name) => ({ name, mib: mibOf(join(modules, name)) })).filter(({ mib }) => mib >= 1);
    console.log(`node_modules ${mibOf(modules).toFixed(1)} MiB, ${installed.length} packages; ${scopes.map(({ name, mib }) => `${name} ${mib.toFixed(1)}`).join(", ")}`);
    assert.ok(installed.includes("@aws-sdk/client-ec2"));
    assert.deepEqual(installed.filter(isForeign), []);
    console.log("nothing of Google or Azure");

    writeFileSync(join(folder, "probe.mjs"), probe);
    const printed = await mustRun(process.execPath, ["probe.mjs"], { folder, timeoutSeconds: 60 });
    const { ms, before, after } = JSON.parse(printed) as { readonly ms: number; readonly before: readonly string[]; readonly after: readonly string[] }; // the probe prints exactly this
    assert.deepEqual(before.filter(isSdk), []);
    assert.ok(after.some(isSdk), "the first use did not load the SDK; the proof looks at the wrong thing");
    console.log(`imported and a Fleet made in ${ms.toFixed(0)} ms, with ${before.join(", ")}`);
    console.log(`after its first use also ${after.filter((name) => !before.includes(name)).length} others, ${after.filter(isSdk).length} of the SDK`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
