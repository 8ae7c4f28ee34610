import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Leases } from "./fixtures/leases.ts";

test("a machine that can serve is said to be fine, and its state directory stays empty", async () => {
  await using leases = new Leases();
  const [{ findings } = { findings: [] }] = await leases.fleet().diagnose();
  expect(findings.filter(({ verdict }) => verdict === "failed")).toEqual([]);
  expect(findings.map(({ subject }) => subject)).toEqual(expect.arrayContaining(["state directory", "room", "shell", "terminals"]));
  expect(readdirSync(leases.stateDirectory).filter((name) => name.startsWith("doctor"))).toEqual([]);
});

test("a state directory that is none is a finding that says where", async () => {
  await using leases = new Leases();
  const path = join(leases.stateDirectory, "file");
  writeFileSync(path, "");
  const [{ findings } = { findings: [] }] = await leases.fleet({ stateDirectory: path }).diagnose();
  const failed = findings.filter(({ verdict }) => verdict === "failed");
  expect(failed).not.toEqual([]);
  for (const { message } of failed) expect(message).toContain(path);
});

test("a terminal is missed only by those who ask for one", async () => {
  await using leases = new Leases();
  const { PATH } = process.env;
  process.env["PATH"] = leases.stateDirectory;
  try {
    const [{ findings } = { findings: [] }] = await leases.fleet().diagnose();
    expect(findings.find(({ subject }) => subject === "terminals")).toMatchObject(process.platform === "linux" ? { verdict: "warning", mend: expect.stringContaining("script(1)") } : { verdict: "fine" });
  } finally {
    process.env["PATH"] = PATH;
  }
});
