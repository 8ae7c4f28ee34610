import { createHash } from "node:crypto";

/** An instance type of the catalogue. */
export interface CatalogType {
  readonly name: string;
  readonly vcpus: number;
  readonly memoryMib: number;
  readonly arch: "x86_64" | "arm64";
  readonly burstable: boolean;
  readonly sevSnp: boolean;
  readonly current: boolean;
}

/** An image of the catalogue. */
export interface CatalogImage {
  readonly imageId: string;
  readonly name: string;
  readonly arch: "x86_64" | "arm64";
  readonly ownerId: string;
  readonly ownerAlias?: string;
  readonly createdAt: string;
  readonly rootDevice: string;
  readonly rootGib: number;
}

/** Regions, their zones, and whether accounts have them from the start. */
export const regions: Readonly<Record<string, { readonly zones: readonly string[]; readonly optIn: boolean }>> = {
  "us-east-1": { zones: ["us-east-1a", "us-east-1b", "us-east-1c", "us-east-1e"], optIn: false },
  "eu-west-1": { zones: ["eu-west-1a", "eu-west-1b", "eu-west-1c"], optIn: false },
  "eu-central-1": { zones: ["eu-central-1a", "eu-central-1b", "eu-central-1c"], optIn: false },
  "me-central-1": { zones: ["me-central-1a", "me-central-1b", "me-central-1c"], optIn: true },
};

const sizes = { large: [2, 1], xlarge: [4, 2], "2xlarge": [8, 4], "4xlarge": [16, 8] } as const;
/** Family: GiB of a `large`, architecture, and what is special. */
const families: readonly (readonly [name: string, largeGib: number, arch: CatalogType["arch"], special?: "sev-snp" | "old"])[] = [
  ["m7i", 8, "x86_64"], ["c7i", 4, "x86_64"], ["r7i", 16, "x86_64"], ["m6a", 8, "x86_64", "sev-snp"], ["c6a", 4, "x86_64", "sev-snp"],
  ["m7g", 8, "arm64"], ["c7g", 4, "arm64"], ["m4", 8, "x86_64", "old"],
];
const burstable: readonly (readonly [name: string, mib: number, arch: CatalogType["arch"]])[] = [
  ["t3.nano", 512, "x86_64"], ["t3.micro", 1024, "x86_64"], ["t3.small", 2048, "x86_64"], ["t3.medium", 4096, "x86_64"], ["t4g.small", 2048, "arm64"],
];

/** The instance types that all regions know. */
export const instanceTypes: readonly CatalogType[] = [
  ...burstable.map(([name, memoryMib, arch]): CatalogType => ({ name, vcpus: 2, memoryMib, arch, burstable: true, sevSnp: false, current: true })),
  ...families.flatMap(([family, largeGib, arch, special]) => Object.entries(sizes).map(([size, [vcpus, factor]]): CatalogType => ({
    name: `${family}.${size}`, vcpus, memoryMib: largeGib * factor * 1024, arch, burstable: false, sevSnp: special === "sev-snp", current: special !== "old",
  }))),
];

/** Zones `e` sell nothing of the seventh generation, as us-east-1e. */
export const isSold = (instanceType: string, zone: string): boolean => !(zone.endsWith("e") && /^[a-z]7/.test(instanceType));

const canonical = { ownerId: "099720109477", rootDevice: "/dev/sda1", rootGib: 8 };
const amazon = { ownerId: "137112412989", ownerAlias: "amazon", rootDevice: "/dev/xvda", rootGib: 8 };
const ubuntu = (codeName: string, arch: "amd64" | "arm64", day: string) => ({
  ...canonical, name: `ubuntu/images/hvm-ssd-gp3/ubuntu-${codeName}-${arch}-server-${day}`, arch: arch === "amd64" ? "x86_64" as const : "arm64" as const, day,
});
const named = [
  ...(["amd64", "arm64"] as const).flatMap((arch) => [ubuntu("noble-24.04", arch, "20260901"), ubuntu("noble-24.04", arch, "20261101"), ubuntu("jammy-22.04", arch, "20261015")]),
  ...(["x86_64", "arm64"] as const).map((arch) => ({ ...amazon, name: `al2023-ami-2023.9.20261020.0-kernel-6.1-${arch}`, arch, day: "20261020" })),
  { ...amazon, name: "Deep Learning Base AMI (Amazon Linux 2023) 20261012", arch: "x86_64" as const, rootGib: 35, day: "20261012" },
];

/** The public images of a region. */
export function imagesOf(region: string): readonly CatalogImage[] {
  return named.map(({ day, ...image }) => ({
    ...image, imageId: `ami-0${createHash("sha256").update(`${region}/${image.name}`).digest("hex").slice(0, 16)}`,
    createdAt: `${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}T06:00:00.000Z`,
  }));
}

/** Public parameters of Systems Manager that name the newest image. */
export function imageParameters(region: string): Readonly<Record<string, string>> {
  const newest = (part: string) => imagesOf(region).filter(({ name }) => name.includes(part)).sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1))[0]?.imageId ?? "";
  const canonicalPath = "/aws/service/canonical/ubuntu/server";
  return {
    ...Object.fromEntries(["amd64", "arm64"].flatMap((arch) => ["24.04", "noble"].map((version) => [`${canonicalPath}/${version}/stable/current/${arch}/hvm/ebs-gp3/ami-id`, newest(`noble-24.04-${arch}`)]))),
    ...Object.fromEntries(["amd64", "arm64"].flatMap((arch) => ["22.04", "jammy"].map((version) => [`${canonicalPath}/${version}/stable/current/${arch}/hvm/ebs-gp2/ami-id`, newest(`jammy-22.04-${arch}`)]))),
    ...Object.fromEntries(["x86_64", "arm64"].map((arch) => [`/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-${arch}`, newest(`kernel-6.1-${arch}`)])),
  };
}
