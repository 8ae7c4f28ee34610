import { describe, expect, it } from "vitest";
import { defaultBootConfigText, loadBootConfig } from "../../src/boot/index.ts";
import { plugins, secrets, sourcesOf } from "../fixtures/boot-sources.ts";
import { caught } from "../fixtures/caught.ts";

const strict = plugins["strict-plugin"];

describe("the boot config that init writes", () => {
  it("has the seed's order, whatever the order of asking; then local; then what others made", async () => {
    const text = defaultBootConfigText({ owner: "me", providerId: "provider", backends: ["./mine.ts", "local", "baremetal", "azure", "gcp", "@bridge/backend-aws", "aws"] });
    const uses = [...text.matchAll(/- use: "(.*)"/g)].map(([, use]) => use);
    expect(uses).toEqual([..."aws gcp azure baremetal local".split(" ").map((name) => `@bridge/backend-${name}`), "./mine.ts"]);
  });

  it("loads as it is, whatever characters its values hold, and holds no secret", async () => {
    const providerId = "Ünï: \"quoted\" # 'x' %";
    const text = defaultBootConfigText({ owner: "me", providerId, backends: ["local"] });
    expect(text).toContain(`masterSecret: { env: "BRIDGE_MASTER_SECRET" }`);
    const config = await loadBootConfig(sourcesOf(text, { env: { BRIDGE_MASTER_SECRET: secrets.master }, importPlugin: async () => strict }));
    expect({ owner: config.owner, providerId: config.providerId, secret: config.masterSecret, uses: config.backends.map(({ use }) => use) })
      .toEqual({ owner: "me", providerId, secret: secrets.master, uses: ["@bridge/backend-local"] });
  });

  it("says where its secret is when told", async () => {
    const text = defaultBootConfigText({ owner: "me", providerId: "p", backends: ["local"], masterSecret: { file: "./token" } });
    expect((await loadBootConfig(sourcesOf(text, { importPlugin: async () => strict }))).masterSecret).toBe(secrets.file);
  });

  it("loads with every line that is only a proposal taken up", async () => {
    const text = defaultBootConfigText({ owner: "me", providerId: "p", backends: ["local"] });
    const taken = text.replace(/^( *)# ((name|rates|fallback):.*)$/gm, "$1$2");
    const { backends, fallback } = await loadBootConfig(sourcesOf(taken, { env: { BRIDGE_MASTER_SECRET: secrets.master }, importPlugin: async () => strict }));
    expect({ fallback, name: backends[0]?.name, rates: backends[0]?.rates?.currency }).toEqual({ fallback: "next", name: "local", rates: "EUR" });
  });

  it("is not written with an owner or backend that would be refused", async () => {
    const error = await caught(() => defaultBootConfigText({ owner: "Not Legal", providerId: "", backends: ["x; rm -rf"] }));
    expect(error.code).toBe("invalid_option");
    expect(error.problems?.map(({ path }) => path).sort()).toEqual(["backends[0].use", "owner", "providerId"]);
  });
});
