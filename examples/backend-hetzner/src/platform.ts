import { BridgeError, type BackendServices, type CallOptions, tagNames } from "@bridge/core/backend";
import { type MachinePlatform, pickSizes, requireLegalTags, type TagRules } from "@bridge/backend-kit";
import { type ApiServerType, hetznerApi } from "./api.ts";
import { mapError } from "./errors.ts";
import type { ParsedOptions } from "./options.ts";
import { rawMachines, sizeOf } from "./raw-machine.ts";

const word = /^[a-z0-9A-Z]([a-z0-9A-Z._-]{0,61}[a-z0-9A-Z])?$/;
/** From the reference, "Labels", which names no greatest count. What is not legal is refused, never changed. */
const labelRules: TagRules = { what: "Hetzner Cloud labels", maxCount: 64, name: word, value: word };
const maxUserDataBytes = 32_768;
const pricePerHour = ({ prices }: ApiServerType, region: string) => Number(prices.find(({ location }) => location === region)?.price_hourly.gross ?? Number.MAX_VALUE);

/** The calls in which Hetzner Cloud differs from other platforms. It shows no serial console, so there is no `readConsole`. */
export function hetznerPlatform(options: ParsedOptions, { owner }: Pick<BackendServices, "owner">, sshPort: number): MachinePlatform {
  const [api, scope] = [hetznerApi(options), `hetzner:${options.projectId}`];
  /** What can be ordered now: one entry for each server type and location, in a fixed order. */
  async function readOffers(call: CallOptions) {
    return (await api.all("server_types", {}, call)).flatMap((type) => type.locations
      .filter(({ name, available, deprecation }) => available && deprecation === null && (options.regions?.includes(name) ?? true))
      .map(({ name: region }) => ({ ...sizeOf(type), region, pricePerHour: pricePerHour(type, region) }))).sort((one, other) => one.region.localeCompare(other.region, "en"));
  }
  return {
    mapError, ...(options.pollSeconds !== undefined && { pollSeconds: options.pollSeconds }),
    scopes: async () => [scope],
    capabilities: async (call) => {
      const offers = await readOffers(call);
      const most = (member: "cpuMillicores" | "ramMib" | "storageGib", of: typeof offers) => Math.max(0, ...of.map((offer) => offer[member]));
      const limits = (of: typeof offers) => ({ maxCpuMillicores: most("cpuMillicores", of), maxRamMib: most("ramMib", of), maxStorageGib: most("storageGib", of) });
      const byRegion = Object.fromEntries(offers.map(({ region }) => [region, limits(offers.filter((offer) => offer.region === region))]));
      return { regions: Object.keys(byRegion), ...limits(offers), byRegion, architectures: [...new Set(offers.map(({ arch }) => arch))].sort(), tdxCapable: false };
    },
    placements: async ({ manifest }, call) => {
      const [offers, images] = await Promise.all([readOffers(call), api.all("images", { name: options.image, type: "system", status: "available" }, call)]);
      const image = images.find(({ architecture }) => architecture === (manifest.arch === "arm64" ? "arm" : "x86"));
      if (image === undefined) throw new BridgeError("invalid_option", `there is no system image "${options.image}" for ${manifest.arch}`);
      return pickSizes(offers.filter(({ region }) => manifest.regions.length === 0 || manifest.regions.includes(region)), manifest).map(({ name, region }) => ({ scope, region, size: name, resolved: { imageId: String(image.id) } }));
    },
    create: async ({ name, placement: { size, region, resolved }, tags, userData }, call) => {
      const [labels, text] = [requireLegalTags(tags, labelRules), new TextDecoder().decode(userData({ maxBytes: maxUserDataBytes }))];
      return { id: String(await api.createServer({ name, server_type: size, location: region, image: String(resolved["imageId"]), labels, user_data: text }, call)) };
    },
    // Servers are all that is made; their disks and automatic addresses are deleted with them.
    list: async (_scope, call) => (await api.all("servers", { label_selector: `${tagNames.owner}==${owner}`, sort: "id:asc" }, call)).flatMap((server) => rawMachines(sshPort, server)),
    destroy: async ({ id }, call) => void await api.deleteServer(id, call),
  };
}
