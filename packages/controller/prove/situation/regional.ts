import { type BackendServices, BridgeError, type CallOptions, type Capabilities, type ComputeGrant, type ConfiguredBackend, type OptionsSchema, type Placement } from "@bridge/core/backend";
import { defineMachineBackend, type MachinePlatform, type MachineSpec, type RawMachine } from "@bridge/backend-kit";
import { mapError } from "../../../create-backend/template/src/errors.ts";
import acme from "../../../create-backend/template/src/index.ts";
import { AcmePlatform } from "../../../create-backend/template/src/platform.ts";
import type { TestPlatform } from "../../../create-backend/template/test-platform/server.ts";

/** The accounts of one entry, by region. */
type Accounts = Readonly<Record<string, TestPlatform>>;

/** Accounts are objects, which no boot config could say: they are not given as options. */
const noOptions: OptionsSchema<object> = {
  "~standard": { version: 1, vendor: "prove", validate: (value) => (JSON.stringify(value) === "{}" ? { value: {} } : { issues: [{ message: "takes no options" }] }) },
};

/** The platform of an entry that holds several regions, each a scope of its own. */
class RegionalPlatform implements MachinePlatform {
  readonly mapError = mapError;
  readonly #byRegion: ReadonlyMap<string, AcmePlatform>;

  constructor(accounts: Accounts, services: BackendServices) {
    this.#byRegion = new Map(Object.entries(accounts).map(([region, { endpoint, token }]) => [region, new AcmePlatform({ endpoint, token, regions: [region] }, services)]));
  }

  async scopes(call: CallOptions): Promise<readonly string[]> {
    return (await Promise.all([...this.#byRegion.values()].map(async (account) => account.scopes(call)))).flat();
  }

  async capabilities(call: CallOptions): Promise<Capabilities> {
    const all = await Promise.all([...this.#byRegion.values()].map(async (account) => account.capabilities(call)));
    const most = (member: "maxCpuMillicores" | "maxRamMib") => Math.max(...all.map((each) => each[member]));
    return { regions: all.flatMap(({ regions }) => regions), tdxCapable: false, maxCpuMillicores: most("maxCpuMillicores"), maxRamMib: most("maxRamMib") };
  }

  async placements(grant: ComputeGrant, call: CallOptions): Promise<readonly Placement[]> {
    return (await Promise.all([...this.#byRegion.values()].map(async (account) => account.placements(grant, call)))).flat();
  }

  create(spec: MachineSpec, call: CallOptions): Promise<{ readonly id: string }> {
    return this.#of(spec.placement.region).create(spec, call);
  }

  async list(scope: string, call: CallOptions): Promise<readonly RawMachine[]> {
    for (const account of this.#byRegion.values()) if ((await account.scopes(call)).includes(scope)) return account.list(scope, call);
    throw new BridgeError("wrong_scope", `no region of this entry is ${scope}`);
  }

  destroy(raw: RawMachine, call: CallOptions): Promise<void> {
    return this.#of(raw.region).destroy(raw, call);
  }

  #of(region: string): AcmePlatform {
    const account = this.#byRegion.get(region);
    if (account === undefined) throw new BridgeError("wrong_scope", `this entry does not hold the region ${region}`, { outcome: "none" });
    return account;
  }
}

/** An entry of the boot config for these accounts of the HTTP test platform. */
export const regional = (accounts: Accounts, name = "acme"): ConfiguredBackend => ({
  plugin: defineMachineBackend({ name: "regional", optionsSchema: noOptions, facts: acme.facts, isolation: "vm", pollSeconds: 0.1, connect: (_options, services) => new RegionalPlatform(accounts, services) }),
  options: {}, name,
});
