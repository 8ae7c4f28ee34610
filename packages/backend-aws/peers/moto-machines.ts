// The machines that moto does not have: for every instance that moto lists as running, one on loopback, made of the user data that moto got.
import { CreateVolumeCommand, DescribeInstanceAttributeCommand, DescribeInstancesCommand, DescribeVolumesCommand, EC2Client, type Instance, TerminateInstancesCommand } from "@aws-sdk/client-ec2";
import { tagNames } from "@bridge/core/backend";
import { Machine, MachineFaults, MovingClock } from "@bridge/fake-clouds";
import { gunzipSync } from "node:zlib";
import { hostOf } from "./moto-plugin.ts";

type AttemptName = { readonly requestKey: string; readonly attempt: number };

const lookEveryMs = 100;
const region = "eu-west-1";
export const motoCredentials = { accessKeyId: "moto", secretAccessKey: "moto" };

const tag = ({ Tags = [] }: Pick<Instance, "Tags">, name: string) => Tags.find(({ Key }) => Key === name)?.Value;

/** The machines of some owners, and what moto truly has of them. */
export class MotoMachines {
  readonly owners = new Set<string>();
  readonly faults = new MachineFaults();
  readonly #client: EC2Client;
  readonly #port: number;
  readonly #clock = new MovingClock();
  readonly #machines = new Map<string, Machine>();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(endpoint: string, port: number) {
    this.#client = new EC2Client({ endpoint, region, credentials: { ...motoCredentials } });
    this.#port = port;
    this.#look();
  }

  /** All instances of the owners, also ended ones. */
  async instances(): Promise<readonly Instance[]> {
    if (this.owners.size === 0) return [];
    const { Reservations = [] } = await this.#client.send(new DescribeInstancesCommand({ Filters: [{ Name: `tag:${tagNames.owner}`, Values: [...this.owners] }] }));
    return Reservations.flatMap(({ Instances = [] }) => Instances);
  }

  async ofAttempt({ requestKey, attempt }: AttemptName): Promise<readonly Instance[]> {
    return (await this.instances()).filter((instance) => tag(instance, tagNames.request) === requestKey && tag(instance, tagNames.attempt) === String(attempt));
  }

  async starts(attempt: AttemptName): Promise<number> {
    return (await this.ofAttempt(attempt)).reduce((sum, { InstanceId = "" }) => sum + (this.#machines.get(InstanceId)?.control?.starts ?? 0), 0);
  }

  async things(): Promise<readonly string[]> {
    const { Volumes = [] } = await this.#client.send(new DescribeVolumesCommand({ Filters: [{ Name: `tag:${tagNames.owner}`, Values: [...this.owners, "nobody"] }] }));
    const live = (await this.instances()).filter(({ State }) => State?.Name !== "terminated");
    return [...live.map(({ InstanceId, State }) => `instance ${InstanceId} (${State?.Name})`), ...Volumes.map(({ VolumeId, State }) => `volume ${VolumeId} (${State})`)];
  }

  async leaveRemnant(attempt: AttemptName): Promise<void> {
    const [instance] = await this.ofAttempt(attempt);
    await this.#client.send(new CreateVolumeCommand({ AvailabilityZone: instance?.Placement?.AvailabilityZone ?? "", Size: 1, TagSpecifications: [{ ResourceType: "volume", Tags: instance?.Tags ?? [] }] }));
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#clock.stop();
    for (const machine of this.#machines.values()) machine.close();
    this.#client.destroy();
  }

  #look(): void {
    this.#timer = setTimeout(() => void this.#follow().catch(() => {}).finally(() => this.#closed || this.#look()), lookEveryMs);
  }

  async #follow(): Promise<void> {
    for (const { InstanceId: id = "", State } of await this.instances()) {
      if (State?.Name === "running" && !this.#machines.has(id)) await this.#boot(id);
      else if (State?.Name !== "running") this.#machines.get(id)?.close();
    }
  }

  async #boot(id: string): Promise<void> {
    const { UserData } = await this.#client.send(new DescribeInstanceAttributeCommand({ InstanceId: id, Attribute: "userData" }));
    const bytes = Buffer.from(UserData?.Value ?? "", "base64");
    const machine = new Machine({
      host: hostOf(id), port: this.#port, userData: bytes[0] === 0x1f ? gunzipSync(bytes) : bytes, clock: this.#clock, faults: this.faults, powerOffSeconds: 0.1, meters: {}, admits: () => true,
      // As InstanceInitiatedShutdownBehavior says, of which moto keeps the word and does nothing.
      onPowerOff: () => void this.#client.send(new TerminateInstancesCommand({ InstanceIds: [id] })).catch(() => {}),
    });
    this.#machines.set(id, machine);
    await machine.start();
  }
}
