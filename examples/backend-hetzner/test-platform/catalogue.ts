/** Locations, server types and images in the shapes of the API reference. */
export const locations = [
  { id: 1, name: "fsn1", description: "Falkenstein DC Park 1", country: "DE", city: "Falkenstein", latitude: 50.47612, longitude: 12.370071, network_zone: "eu-central" },
  { id: 3, name: "hel1", description: "Helsinki DC Park 1", country: "FI", city: "Helsinki", latitude: 60.169855, longitude: 24.938379, network_zone: "eu-central" },
] as const;

const money = (net: number) => ({ net: net.toFixed(10), gross: (net * 1.19).toFixed(10) });
const announced = { announced: "2025-10-16T06:00:00Z", unavailable_after: "2026-12-31T23:59:59Z" };

interface TypeFacts {
  readonly id: number;
  readonly name: string;
  readonly cores: number;
  readonly memory: number;
  readonly disk: number;
  readonly architecture: "x86" | "arm";
  /** Net price in euros an hour, by location. */
  readonly prices: Readonly<Record<string, number>>;
  readonly unavailableIn?: string;
  readonly deprecated?: boolean;
}

const serverType = ({ id, name, cores, memory, disk, architecture, prices, unavailableIn, deprecated = false }: TypeFacts) => {
  const deprecation = deprecated ? announced : null;
  return {
    id, name, description: name.toUpperCase(), cores, memory, disk, architecture, deprecated, deprecation,
    category: "cost_optimized", storage_type: "local", cpu_type: "shared",
    prices: Object.entries(prices).map(([location, net]) => ({
      location, price_hourly: money(net), price_monthly: money(net * 600), included_traffic: 21_990_232_555_520, price_per_tb_traffic: money(1),
    })),
    locations: locations.filter((location) => location.name in prices)
      .map((location) => ({ id: location.id, name: location.name, deprecation, recommended: !deprecated, available: location.name !== unavailableIn })),
  };
};

export const serverTypes = [
  serverType({ id: 1, name: "cx11", cores: 1, memory: 2, disk: 20, architecture: "x86", prices: { fsn1: 0.003 }, deprecated: true }),
  serverType({ id: 22, name: "cpx11", cores: 2, memory: 2, disk: 40, architecture: "x86", prices: { fsn1: 0.004, hel1: 0.0062 }, unavailableIn: "fsn1" }),
  serverType({ id: 114, name: "cx23", cores: 2, memory: 4, disk: 40, architecture: "x86", prices: { hel1: 0.0056, fsn1: 0.0056 } }),
  serverType({ id: 45, name: "cax11", cores: 2, memory: 4, disk: 40, architecture: "arm", prices: { fsn1: 0.0053, hel1: 0.0053 } }),
  serverType({ id: 47, name: "cax31", cores: 8, memory: 16, disk: 160, architecture: "arm", prices: { fsn1: 0.0216 } }),
];

const image = (id: number, name: string, flavor: string, version: string, architecture: "x86" | "arm", deprecated: string | null = null) => ({
  id, name, type: "system", status: "available", description: name, image_size: null, disk_size: 5, created: "2024-04-25T13:26:27Z", created_from: null, bound_to: null,
  os_flavor: flavor, os_version: version, rapid_deploy: true, protection: { delete: false }, deprecated, deleted: null, labels: {}, architecture,
});

export const images = [
  image(161_547_269, "ubuntu-24.04", "ubuntu", "24.04", "x86"),
  image(161_547_270, "ubuntu-24.04", "ubuntu", "24.04", "arm"),
  image(114_690_387, "debian-12", "debian", "12", "x86"),
  image(114_690_389, "debian-12", "debian", "12", "arm"),
  image(45_557_056, "debian-11", "debian", "11", "x86", "2026-08-31T00:00:00Z"),
];

export type ServerType = (typeof serverTypes)[number];
export type Image = (typeof images)[number];
export type Location = (typeof locations)[number];
