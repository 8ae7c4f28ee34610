import { type OptionsSchema, tagNames } from "@bridge/core/backend";
import { defineMachineBackend, errorTable, pickSizes, type RawMachine, requireLegalTags } from "@bridge/backend-kit";

interface Options { readonly endpoint: string; readonly token: string }
interface Size { readonly name: string; readonly cpuMillicores: number; readonly ramMib: number; readonly storageGib: number; readonly pricePerHour: number; readonly regions: readonly string[] }
interface Machine {
  readonly id: string; readonly region: string; readonly size: string; readonly labels: Readonly<Record<string, string>>;
  readonly status: "starting" | "running" | "off" | "deleting"; readonly address?: string; readonly sshPort?: number; readonly createdAtMs: number;
}

/** Options: refuses what is missing, of another type, or not known. zod's `z.strictObject` does the same. */
const optionsSchema: OptionsSchema<Options> = {
  "~standard": {
    version: 1, vendor: "acme",
    validate: (value) => {
      const { endpoint, token, ...others } = { ...(typeof value === "object" ? value : undefined) } as Record<string, unknown>; // checked below
      const unknown = Object.keys(others).map((key) => ({ message: "is not known here", path: [key] }));
      if (typeof endpoint === "string" && typeof token === "string" && unknown.length === 0) return { value: { endpoint, token } };
      const missing = Object.entries({ endpoint, token }).filter(([, given]) => typeof given !== "string");
      return { issues: [...unknown, ...missing.map(([key]) => ({ message: "must be a text", path: [key] }))] };
    },
  },
};

/** An answer of the platform that is an error; `errorTable` reads `code` and `status`. */
class AcmeError extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string) {
    super(`acme answered ${status} ${code}`);
    this.status = status;
    this.code = code;
  }
}

/** The one place that talks to the platform. Nothing is awaited before `fetch`; nothing is sent twice. */
async function send<Answer>({ endpoint, token }: Options, path: string, { method = "GET", body, signal }: { method?: string; body?: object; signal?: AbortSignal }): Promise<Answer> {
  const response = await fetch(`${endpoint}${path}`, {
    method, headers: { authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }), ...(signal === undefined ? {} : { signal }),
  });
  const text = await response.text();
  if (!response.ok) throw new AcmeError(response.status, /"code":"(\w+)"/.exec(text)?.[1] ?? "unknown");
  try {
    return (text === "" ? undefined : JSON.parse(text)) as Answer; // of the shape that the platform documents
  } catch {
    throw new AcmeError(response.status, "not_json"); // the parser's own error would quote the text
  }
}

/** All pages, or an error. */
async function all<Item>(options: Options, kind: "machines" | "volumes", label: string, signal: { signal?: AbortSignal }): Promise<readonly Item[]> {
  const items: Item[] = [];
  for (let after: string | undefined = ""; after !== undefined;) {
    const page: { items: Item[]; next?: string } = await send(options, `/v1/${kind}?label=${encodeURIComponent(label)}&after=${after}`, signal);
    items.push(...page.items);
    after = page.next;
  }
  return items;
}

/** A machine that is `off` can never run again: it has `ended`, and what is left of it is still billed and must be deleted. */
function rawOf({ id, region, size, labels: tags, status, address, sshPort, createdAtMs }: Machine): readonly RawMachine[] {
  const state = status === "off" ? "ended" : status === "deleting" ? "ending" : status;
  const raw = { id, region, size, tags, state, createdAtMs, ...(address && { host: address }), ...(sshPort && { sshPort }) } as const;
  return status === "off" ? [raw, { id, kind: "other", region, tags, state: "running" }] : [raw];
}

export default defineMachineBackend<Options>({
  name: "acme",
  optionsSchema,
  facts: { // true of acme, which is small and near; of a real cloud rather 10, 60 and 300, and pollSeconds 5
    idempotency: "name", replayWindowSeconds: 0, settleSeconds: 0.5, createTimeoutSeconds: 2, readyTimeoutSeconds: 20,
    exitCode: "best-effort", deadline: "platform",
  },
  isolation: "vm",
  pollSeconds: 0.1,
  connect: (options, { owner }) => {
    const scopes = async (call: { signal?: AbortSignal }) => [`acme:${(await send<{ id: string }>(options, "/v1/account", call)).id}`];
    const sizes = async (call: { signal?: AbortSignal }) => (await send<{ sizes: Size[] }>(options, "/v1/sizes", call)).sizes.map((size) => ({ ...size, arch: "amd64" as const }));
    return {
      scopes,
      capabilities: async (call) => {
        const offered = await sizes(call);
        return {
          regions: [...new Set(offered.flatMap(({ regions }) => regions))], tdxCapable: false,
          maxCpuMillicores: Math.max(...offered.map(({ cpuMillicores }) => cpuMillicores)), maxRamMib: Math.max(...offered.map(({ ramMib }) => ramMib)),
          maxStorageGib: Math.max(...offered.map(({ storageGib }) => storageGib)),
        };
      },
      placements: async ({ manifest }, call) => {
        const [scope = ""] = await scopes(call);
        return pickSizes(await sizes(call), manifest).flatMap(({ name, regions }) => regions
          .filter((region) => manifest.regions.length === 0 || manifest.regions.includes(region))
          .map((region) => ({ scope, region, size: name, resolved: {} })));
      },
      create: async ({ name, placement, tags, deadlineMs, userData }, call) => {
        const labels = requireLegalTags(tags, { what: "acme labels", maxCount: 32, name: /^[a-z][a-z0-9-]{0,62}$/, value: /^[a-z0-9._-]{0,63}$/ });
        const body = {
          name, region: placement.region, size: placement.size, labels,
          userData: new TextDecoder().decode(userData({ maxBytes: 32_768 })), deleteAtMs: deadlineMs + 300_000,
        };
        return (await send<{ machine: Machine }>(options, "/v1/machines", { ...call, method: "POST", body })).machine;
      },
      list: async (_scope, call) => {
        const ours = `${tagNames.owner}=${owner}`;
        const [machines, volumes] = await Promise.all([all<Machine>(options, "machines", ours, call), all<Omit<Machine, "status">>(options, "volumes", ours, call)]);
        return [...machines.flatMap(rawOf), ...volumes.map(({ id, region, labels: tags }) => ({ id, kind: "disk", region, tags, state: "running" }) as const)];
      },
      destroy: ({ id, kind }, call) => send(options, `/v1/${kind === "disk" ? "volumes" : "machines"}/${id}`, { ...call, method: "DELETE" }),
      readConsole: async ({ id }, call) => (await send<{ text: string }>(options, `/v1/machines/${id}/console`, call)).text,
      mapError: errorTable([
        { match: "name_taken", code: "conflict", outcome: "exists" },
        { match: "no_capacity", code: "no_capacity", outcome: "none" },
        { match: "quota_exceeded", code: "quota_exceeded", outcome: "none" },
        { match: 401, code: "unauthorized", outcome: "none" },
        { match: 403, code: "forbidden", outcome: "none" },
        { match: 404, code: "not_found", outcome: "none" },
        { match: 423, code: "unavailable" },
        { match: 500, code: "unavailable" },
        { match: "not_json", code: "unavailable" },
        { match: /^(ECONNREFUSED|ECONNRESET|UND_ERR_\w+)$|^fetch failed$|^terminated$/, code: "unavailable" },
      ]),
    };
  },
});
