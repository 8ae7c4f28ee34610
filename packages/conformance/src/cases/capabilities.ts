import type { Capabilities, ComputeGrant } from "@bridge/core";
import { refusalsByCapabilities } from "@bridge/core/backend";
import fc from "fast-check";
import { claim, same } from "../claim.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import type { Session } from "../session.ts";

/** The same grants on every run, so that a failure can be repeated. */
const seed = 20_260_401;
const runs = 500;

/** Grants around the edges of what is offered. */
function grantsAround(base: ComputeGrant, { regions, maxCpuMillicores, maxRamMib, maxStorageGib = 1000 }: Capabilities): fc.Arbitrary<ComputeGrant> {
  const around = (limit: number, from: number) => fc.oneof(fc.constantFrom(from, Math.max(from, limit), limit + 1), fc.integer({ min: from, max: Math.max(from, 2 * limit) }));
  const region = fc.constantFrom(...regions, "nowhere-1");
  const manifest = fc.record({
    cpuMillicores: around(maxCpuMillicores, 1), ramMib: around(maxRamMib, 1), storageGib: around(maxStorageGib, 0),
    arch: fc.constantFrom("amd64" as const, "arm64" as const), tdx: fc.constantFrom("required" as const, "preferred" as const, "none" as const), regions: fc.uniqueArray(region, { maxLength: 3 }),
  });
  return fc.oneof(manifest, manifest.map((each) => ({ ...base.manifest, tdx: each.tdx, regions: each.regions })), manifest.map((each) => ({ ...base.manifest, cpuMillicores: each.cpuMillicores })))
    .map((each) => ({ ...base, manifest: each }));
}

async function property(session: Session, check: (grant: ComputeGrant, capabilities: Capabilities) => void): Promise<void> {
  const capabilities = await session.called(() => session.backend.capabilities());
  fc.assert(fc.property(grantsAround(session.grant(), capabilities), (grant) => check(grant, capabilities)), { seed, numRuns: runs });
}

const show = ({ manifest }: ComputeGrant): string => JSON.stringify(manifest);

/** What is on offer, and that canSatisfy agrees with it. */
export const capabilitiesCases: readonly ConformanceCase[] = [
  {
    name: "diagnose says how to mend what it finds, and creates nothing",
    rule: "capabilities",
    why: "An operator runs it before the first grant, and again when grants fail; it must not be what costs money.",
    run: async (session) => {
      const { backend, subject } = session;
      if (backend.diagnose === undefined) return void session.notes.push("the backend has no diagnosis of its own");
      const thingsBefore = await subject.controls?.things?.() ?? [];
      const findings = await session.patience.within(session.called(async () => await backend.diagnose?.() ?? []), session.seconds.call, "diagnose()");
      for (const { subject: looked, verdict, message, mend = "" } of findings) {
        claim(looked !== "" && message !== "", `a finding without a subject or a message: ${looked}`);
        claim(["fine", "warning", "failed"].includes(verdict), `a finding with the verdict "${verdict}"`);
        claim(verdict === "fine" || mend !== "", `"${looked}" is ${verdict}, and nothing says how to mend it`);
      }
      same((await subject.controls?.things?.() ?? []).length, thingsBefore.length, "things on the platform after diagnose()");
    },
  },
  {
    name: "capabilities say what is on offer, in whole numbers and distinct regions",
    rule: "capabilities",
    why: "The card that clients choose by is made of it.",
    run: async (session) => {
      const { regions, tdxCapable, maxCpuMillicores, maxRamMib, maxStorageGib = 0, mrTd = [], byRegion = {} } = await session.called(() => session.backend.capabilities());
      claim(regions.length > 0 && regions.every((region) => region !== ""), "no region is offered, or one without a name");
      same(new Set(regions).size, regions.length, "regions that are named once");
      for (const [name, value] of Object.entries({ maxCpuMillicores, maxRamMib, maxStorageGib })) claim(Number.isSafeInteger(value) && value >= 0, `${name} is ${value}`);
      for (const region of Object.keys(byRegion)) claim(regions.includes(region), `byRegion has ${region}, which is not among the regions`);
      for (const value of mrTd) claim(/^[0-9a-f]{96}$/.test(value), `mrTd has ${value}, which is not 96 lower-case hex digits`);
      same(typeof tdxCapable, "boolean", "type of tdxCapable");
    },
  },
  {
    name: "canSatisfy takes nothing that the capabilities do not offer",
    rule: "capabilities",
    why: "The grant would be routed here, and fail after the wait for a machine that cannot be.",
    run: (session) => property(session, (grant, capabilities) => {
      const refusals = refusalsByCapabilities(grant, capabilities);
      claim(refusals.length === 0 || !session.backend.canSatisfy(grant), `canSatisfy() takes ${show(grant)}, though ${refusals.map(({ message }) => message).join("; ")}`);
    }),
  },
  {
    name: "TDX that is required is taken only where it is capable",
    rule: "capabilities",
    why: "Somebody's secrets would run on a machine that is not what they asked for.",
    run: (session) => property(session, (grant, { tdxCapable, byRegion = {} }) => {
      const capable = tdxCapable || Object.values(byRegion).some((region) => region.tdxCapable === true);
      claim(capable || grant.manifest.tdx !== "required" || !session.backend.canSatisfy(grant), `canSatisfy() takes ${show(grant)}; nothing here is capable of TDX`);
    }),
  },
  {
    name: "canSatisfy takes less wherever it takes more",
    rule: "capabilities",
    why: "A backend that refuses what it could serve sends grants to dearer places, or nowhere.",
    run: async (session) => {
      claim((await session.called(() => session.backend.capabilities())).regions.length > 0, "no region is offered");
      claim(session.backend.canSatisfy(session.grant()), "canSatisfy() refuses the subject's own grant");
      await property(session, (grant) => {
        if (!session.backend.canSatisfy(grant)) return;
        const { manifest } = grant;
        const less = { ...grant, manifest: { ...manifest, cpuMillicores: Math.ceil(manifest.cpuMillicores / 2), ramMib: Math.ceil(manifest.ramMib / 2), storageGib: Math.floor(manifest.storageGib / 2) } };
        claim(session.backend.canSatisfy(less), `canSatisfy() takes ${show(grant)} but not ${show(less)}`);
      });
    },
  },
  {
    name: "canSatisfy is what explain says, every time",
    rule: "capabilities",
    why: "People are told why; what they are told must be what was done.",
    run: (session) => property(session, (grant) => {
      const answer = session.backend.canSatisfy(grant);
      same(typeof answer, "boolean", "type of what canSatisfy() returns");
      same(session.backend.canSatisfy(grant), answer, `canSatisfy() of ${show(grant)}, asked again`);
      const refusals = session.backend.explain?.(grant);
      if (refusals === undefined) return;
      same(refusals.length === 0, answer, `canSatisfy() as explain() has it, for ${show(grant)}`);
      for (const { message } of refusals) claim(message.trim() !== "", `a refusal of ${show(grant)} has no message`);
    }),
  },
  {
    name: "placements are whole, storable, within the grant, and create nothing",
    rule: "capabilities",
    why: "A placement is written down before the create; a replay must find every input in it.",
    run: async (session) => {
      const { backend } = session;
      const { regions } = await session.called(() => backend.capabilities());
      for (const wanted of [[], ...regions.map((region) => [region])]) {
        const base = session.grant();
        const grant = { ...base, manifest: { ...base.manifest, regions: wanted } };
        if (backend.placements === undefined || !backend.canSatisfy(grant)) continue;
        const placements = await session.called(() => backend.placements?.(grant) ?? Promise.resolve([]));
        claim(placements.length > 0, `no placement for ${show(grant)}, which canSatisfy() takes`);
        for (const placement of placements) {
          claim(regions.includes(placement.region), `a placement in ${placement.region}, which is not offered`);
          claim(wanted.length === 0 || wanted.includes(placement.region), `a placement in ${placement.region} for ${show(grant)}`);
          claim(placement.scope !== "" && placement.size !== "", "a placement without scope or size");
          claim(placement.pool !== "", "a placement with an empty pool; leave it out where a region is one pool of capacity");
          const stored: unknown = JSON.parse(JSON.stringify(placement));
          same(JSON.stringify(stored), JSON.stringify(placement), "a placement that is stored and read");
          claim(!/undefined|\[object /.test(JSON.stringify(placement)), "a placement that is made of undefined");
        }
      }
      same((await session.completeList()).length, 0, "things that placements() made");
    },
  },
];
