import { describe, expect, it } from "vitest";
import { z } from "zod";
import { bootConfigSchema } from "../../src/boot/index.ts";
import { facts } from "../fixtures/scripted-backend.ts";

const pluginOf = (optionsSchema: z.ZodType<object>) => ({ contract: 1, name: "x", optionsSchema, facts, create: () => { throw new Error("not for schemas"); } }) as const;
const entriesOf = (schema: unknown) => z.object({ properties: z.object({ backends: z.object({ items: z.looseObject({ allOf: z.array(z.looseObject({ if: z.unknown(), then: z.unknown() })).optional() }) }) }) }).parse(schema).properties.backends.items;

describe("the JSON Schema for editors", () => {
  it("is of draft 2020-12, survives JSON, and knows exactly the keys of a config", () => {
    const schema = bootConfigSchema();
    expect(schema["$schema"]).toBe("https://json-schema.org/draft/2020-12/schema");
    expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
    expect(schema).toMatchObject({ additionalProperties: false, required: ["owner", "providerId", "masterSecret", "backends"] });
    expect(Object.keys(z.object({ properties: z.looseObject({}) }).parse(schema).properties)).toEqual(["owner", "providerId", "masterSecret", "ledgerId", "fallback", "backends"]);
    expect(entriesOf(schema)).toMatchObject({ additionalProperties: false, required: ["use"] });
  });

  it("knows the options of installed plugins, by what the config calls them, with references wherever a text may be", () => {
    const schema = bootConfigSchema([{ use: "./mine.ts", plugin: pluginOf(z.strictObject({ token: z.string().min(3), count: z.number(), hosts: z.array(z.string()) })) }]);
    const [condition] = entriesOf(schema).allOf ?? [];
    expect(condition?.if).toEqual({ properties: { use: { const: "./mine.ts" } }, required: ["use"] });
    expect(condition?.then).toMatchObject({
      properties: { options: { additionalProperties: false, properties: {
        token: { anyOf: [{ type: "string", minLength: 3 }, { oneOf: [{ required: ["env"] }, { required: ["file"] }] }] },
        count: { type: "number" },
        hosts: { type: "array", items: { anyOf: [{ type: "string" }, {}] } },
      } } },
    });
  });

  it("keeps a plugin's own definitions apart", () => {
    const Tree: z.ZodType<object> = z.strictObject({ get children() { return z.array(Tree); } });
    const schema = bootConfigSchema([{ use: "./tree.ts", plugin: pluginOf(z.strictObject({ tree: Tree })) }]);
    expect(entriesOf(schema).allOf?.[0]?.then).toMatchObject({ properties: { options: { $id: "bridge-options:.%2Ftree.ts", $defs: {} } } });
  });

  it("lets any options be where a plugin cannot say what it takes", () => {
    const unsayable = pluginOf(z.strictObject({ when: z.custom<object>(() => true) }));
    const silent = { ...unsayable, optionsSchema: { "~standard": { version: 1 as const, vendor: "x", validate: (value: unknown) => ({ value }) } } };
    expect(entriesOf(bootConfigSchema([{ use: "./a.ts", plugin: unsayable }, { use: "./b.ts", plugin: silent }])).allOf).toBeUndefined();
  });
});
