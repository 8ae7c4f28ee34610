import { type Architecture, BridgeError, type CallOptions } from "@bridge/core/backend";
import type { AwsApi, Image } from "./api.ts";
import type { ParsedOptions } from "./config.ts";
import { Kept } from "./kept.ts";

/** An image as a placement pins it. */
export interface ResolvedImage {
  readonly imageId: string;
  /** The image's own name of its root volume, so that its size can be set. */
  readonly rootDevice: string;
  /** A root volume cannot be smaller. */
  readonly rootGib: number;
}

const ec2Names = { amd64: "x86_64", arm64: "arm64" } as const satisfies Record<Architecture, string>;

/** New images appear every few weeks; the ones before stay. */
const maxAgeMs = 3_600_000;

/** Finds the image of a region and architecture; looks at most hourly. */
export class Images {
  readonly #api: AwsApi;
  readonly #options: ParsedOptions;
  readonly #found: Kept<ResolvedImage>;

  constructor(api: AwsApi, options: ParsedOptions, now: () => number) {
    this.#api = api;
    this.#options = options;
    this.#found = new Kept({ now, maxAgeMs });
  }

  /** @throws BridgeError `invalid_option` when there is none, or it is of another architecture. */
  resolve(region: string, arch: Architecture): Promise<ResolvedImage> {
    return this.#found.get(`${region}/${arch}`, (call) => this.#resolve(region, arch, call));
  }

  async #resolve(region: string, arch: Architecture, call: CallOptions): Promise<ResolvedImage> {
    const image = await this.#find(region, arch, call);
    const { ImageId: imageId, RootDeviceName: rootDevice, Architecture: architecture, BlockDeviceMappings: disks = [] } = image ?? {};
    if (imageId === undefined || rootDevice === undefined) throw new BridgeError("invalid_option", `image: there is none for ${arch} in ${region}`, { outcome: "none" });
    if (architecture === ec2Names[arch]) return { imageId, rootDevice, rootGib: disks.find(({ DeviceName }) => DeviceName === rootDevice)?.Ebs?.VolumeSize ?? 0 };
    throw new BridgeError("invalid_option", `image: ${imageId} in ${region} is for ${architecture ?? "an unknown architecture"}; the grant asks for ${arch}`, { outcome: "none" });
  }

  async #find(region: string, arch: Architecture, call: CallOptions): Promise<Image | undefined> {
    const { image } = this.#options;
    if ("owner" in image) {
      const filters = [{ Name: "name", Values: [image.name] }, { Name: "architecture", Values: [ec2Names[arch]] }, { Name: "state", Values: ["available"] }];
      const found = await this.#api.images(region, { Owners: [image.owner], Filters: filters }, call);
      return [...found].sort((a, b) => ((a.CreationDate ?? "") < (b.CreationDate ?? "") ? 1 : -1))[0];
    }
    const id = "ids" in image ? image.ids[region] : await this.#parameter(region, image.ssmParameter.replaceAll("{architecture}", arch), call);
    if (id === undefined || id === "") return undefined;
    return (await this.#api.images(region, { ImageIds: [id] }, call))[0];
  }

  async #parameter(region: string, name: string, call: CallOptions): Promise<string> {
    try {
      return await this.#api.parameter(region, name, call);
    } catch (thrown) {
      if (!(thrown instanceof Error && thrown.name === "ParameterNotFound")) throw thrown;
      throw new BridgeError("invalid_option", `image: ${region} has no SSM parameter ${name}`, { outcome: "none", cause: thrown });
    }
  }
}
