import type {
  DescribeImagesCommandInput, EC2Client, Image, Instance, InstanceTypeInfo, RunInstancesCommandInput, SecurityGroup, Subnet, Volume,
} from "@aws-sdk/client-ec2";
import { BridgeError, type CallOptions } from "@bridge/core/backend";
import type { ParsedOptions } from "./config.ts";
import { type CallKind, Pace } from "./pace.ts";

export type { Image, Instance, InstanceTypeInfo, RunInstancesCommandInput, SecurityGroup, Subnet, Volume };

/** A name and the values that one of them must match. */
export interface Filter {
  readonly Name: string;
  readonly Values: readonly string[];
}

/** What EC2 answered, and how far its clock was ahead of ours then, by the answer's `Date`. */
export interface Dated<T> {
  readonly answer: T;
  readonly clockSkewMs?: number;
}

const sdk = {
  ec2: () => import("@aws-sdk/client-ec2"),
  quotas: () => import("@aws-sdk/client-service-quotas"),
  ssm: () => import("@aws-sdk/client-ssm"),
  sts: () => import("@aws-sdk/client-sts"),
};
type Ec2 = Awaited<ReturnType<typeof sdk.ec2>>;

/** One client that retries, and one for creates, which does not. */
interface Clients {
  readonly ec2: Ec2;
  readonly client: EC2Client;
  readonly creating: EC2Client;
}

/** Without these bounds the SDK waits for ever: for a connection, for the beginning of an answer, and for its next bytes. */
export interface ApiTimeouts {
  readonly connectMs: number;
  readonly requestMs: number;
}
export const defaultTimeouts: ApiTimeouts = { connectMs: 5000, requestMs: 25_000 };
const pageSize = 1000;

/** The only file that talks to AWS: one method for each call that the backend makes. The SDK is loaded with the first. */
export class AwsApi {
  readonly #options: ParsedOptions;
  readonly #now: () => number;
  readonly #timeouts: ApiTimeouts;
  readonly #clients = new Map<string, Promise<Clients>>();
  readonly #prepared = new Map<string, Clients>();
  readonly #pace = new Pace();

  constructor(options: ParsedOptions, now: () => number, timeouts: ApiTimeouts) {
    this.#options = options;
    this.#now = now;
    this.#timeouts = timeouts;
  }

  /** The account that the credentials belong to, 12 digits, as a region's STS says. */
  async account(region: string, call: CallOptions): Promise<string> {
    const { STSClient, GetCallerIdentityCommand } = await sdk.sts();
    const client = new STSClient(this.#settings(region, 3));
    try {
      return (await client.send(new GetCallerIdentityCommand({}), sendOptions(call))).Account ?? "";
    } finally {
      client.destroy();
    }
  }

  /** The value of a public SSM parameter. */
  async parameter(region: string, name: string, call: CallOptions): Promise<string> {
    const { SSMClient, GetParameterCommand } = await sdk.ssm();
    const client = new SSMClient(this.#settings(region, 3));
    try {
      return (await client.send(new GetParameterCommand({ Name: name }), sendOptions(call))).Parameter?.Value ?? "";
    } finally {
      client.destroy();
    }
  }

  /** The value of a quota of EC2, by its code; undefined when AWS does not tell one. */
  async quota(region: string, code: string, call: CallOptions): Promise<number | undefined> {
    const { ServiceQuotasClient, GetServiceQuotaCommand } = await sdk.quotas();
    const client = new ServiceQuotasClient(this.#settings(region, 3));
    try {
      return (await client.send(new GetServiceQuotaCommand({ ServiceCode: "ec2", QuotaCode: code }), sendOptions(call))).Quota?.Value;
    } finally {
      client.destroy();
    }
  }

  /** Waits until EC2 takes one more create, loads the SDK and resolves credentials, so that it leaves in the step in which it is called. */
  async prepare(region: string, call: CallOptions): Promise<void> {
    const clients = await this.#turn(region, "launch", call);
    await clients.creating.config.credentials();
    this.#prepared.set(region, clients);
  }

  /** Sends the one create request of an attempt, without retries and without awaiting anything first. {@link AwsApi.prepare} must have resolved for the region. */
  async runInstance(region: string, input: RunInstancesCommandInput, call: CallOptions): Promise<Instance | undefined> {
    const prepared = this.#prepared.get(region);
    if (prepared === undefined) throw new BridgeError("internal", `a create in ${region} for which nothing was prepared`, { outcome: "none" });
    return (await prepared.creating.send(new prepared.ec2.RunInstancesCommand(input), sendOptions(call))).Instances?.[0];
  }

  /** Instances that match, all pages, in EC2's order. */
  async instances(region: string, filters: readonly Filter[], call: CallOptions): Promise<Dated<readonly Instance[]>> {
    const answer: Instance[] = [];
    let clockSkewMs: number | undefined;
    for (let token: string | undefined, isFirst = true; isFirst || token !== undefined; isFirst = false) {
      const { ec2, client } = await this.#turn(region, "read", call);
      const command = new ec2.DescribeInstancesCommand({ Filters: writable(filters), MaxResults: pageSize, NextToken: token });
      command.middlewareStack.add((next) => async (request) => {
        const result = await next(request);
        clockSkewMs = skewOf(result.response, this.#now());
        return result;
      }, { step: "deserialize", name: "answer's date" });
      const page = await client.send(command, sendOptions(call));
      answer.push(...(page.Reservations ?? []).flatMap(({ Instances = [] }) => Instances));
      token = page.NextToken;
    }
    return { answer, ...(clockSkewMs === undefined ? {} : { clockSkewMs }) };
  }

  /** Volumes that match, all pages. */
  async volumes(region: string, filters: readonly Filter[], call: CallOptions): Promise<readonly Volume[]> {
    return paged(async (token) => {
      const { ec2, client } = await this.#turn(region, "read", call);
      const { Volumes = [], NextToken } = await client.send(new ec2.DescribeVolumesCommand({ Filters: writable(filters), MaxResults: 500, NextToken: token }), sendOptions(call));
      return { items: Volumes, next: NextToken };
    });
  }

  /** Asks for the end of one instance. One at a time: a bad id would fail a whole batch. */
  async terminate(region: string, id: string, call: CallOptions): Promise<void> {
    const { ec2, client } = await this.#turn(region, "change", call);
    await client.send(new ec2.TerminateInstancesCommand({ InstanceIds: [id] }), sendOptions(call));
  }

  async deleteVolume(region: string, id: string, call: CallOptions): Promise<void> {
    const { ec2, client } = await this.#turn(region, "change", call);
    await client.send(new ec2.DeleteVolumeCommand({ VolumeId: id }), sendOptions(call));
  }

  /** The last 64 KB of an instance's serial console, as text. */
  async console(region: string, id: string, call: CallOptions): Promise<string> {
    const { ec2, client } = await this.#turn(region, "read", call);
    const { Output = "" } = await client.send(new ec2.GetConsoleOutputCommand({ InstanceId: id, Latest: true }), sendOptions(call));
    return Buffer.from(Output, "base64").toString("utf8");
  }

  /** Types that match, all pages. */
  async instanceTypes(region: string, filters: readonly Filter[], call: CallOptions): Promise<readonly InstanceTypeInfo[]> {
    return paged(async (token) => {
      const { ec2, client } = await this.#turn(region, "read", call);
      const { InstanceTypes = [], NextToken } = await client.send(new ec2.DescribeInstanceTypesCommand({ Filters: writable(filters), MaxResults: 100, NextToken: token }), sendOptions(call));
      return { items: InstanceTypes, next: NextToken };
    });
  }

  /** Which zone sells which of the types that match. */
  async offerings(region: string, filters: readonly Filter[], call: CallOptions): Promise<readonly { readonly type: string; readonly zone: string }[]> {
    return paged(async (token) => {
      const { ec2, client } = await this.#turn(region, "read", call);
      const command = new ec2.DescribeInstanceTypeOfferingsCommand({ LocationType: "availability-zone", Filters: writable(filters), MaxResults: 1000, NextToken: token });
      const { InstanceTypeOfferings = [], NextToken } = await client.send(command, sendOptions(call));
      return { items: InstanceTypeOfferings.map(({ InstanceType = "", Location = "" }) => ({ type: InstanceType, zone: Location })), next: NextToken };
    });
  }

  /** Images that match, all pages. */
  async images(region: string, input: Pick<DescribeImagesCommandInput, "ImageIds" | "Owners" | "Filters">, call: CallOptions): Promise<readonly Image[]> {
    return paged(async (token) => {
      const { ec2, client } = await this.#turn(region, "read", call);
      const { Images = [], NextToken } = await client.send(new ec2.DescribeImagesCommand({ ...input, NextToken: token }), sendOptions(call));
      return { items: Images, next: NextToken };
    });
  }

  /** Subnets that match, all pages. */
  async subnets(region: string, filters: readonly Filter[], call: CallOptions): Promise<readonly Subnet[]> {
    return paged(async (token) => {
      const { ec2, client } = await this.#turn(region, "read", call);
      const { Subnets = [], NextToken } = await client.send(new ec2.DescribeSubnetsCommand({ Filters: writable(filters), NextToken: token }), sendOptions(call));
      return { items: Subnets, next: NextToken };
    });
  }

  /** Security groups that match, all pages. */
  async securityGroups(region: string, filters: readonly Filter[], call: CallOptions): Promise<readonly SecurityGroup[]> {
    return paged(async (token) => {
      const { ec2, client } = await this.#turn(region, "read", call);
      const { SecurityGroups = [], NextToken } = await client.send(new ec2.DescribeSecurityGroupsCommand({ Filters: writable(filters), NextToken: token }), sendOptions(call));
      return { items: SecurityGroups, next: NextToken };
    });
  }

  /** Makes a security group; resolves to its id. */
  async createSecurityGroup(region: string, { name, vpcId, tags }: { readonly name: string; readonly vpcId: string; readonly tags: Readonly<Record<string, string>> }, call: CallOptions): Promise<string> {
    const { ec2, client } = await this.#turn(region, "change", call);
    const input = { GroupName: name, Description: "SSH to machines leased by Bridge", VpcId: vpcId, TagSpecifications: [{ ResourceType: "security-group" as const, Tags: tagList(tags) }] };
    return (await client.send(new ec2.CreateSecurityGroupCommand(input), sendOptions(call))).GroupId ?? "";
  }

  /** Opens a TCP port of a group to ranges of addresses. */
  async openPort(region: string, { groupId, port, ranges }: { readonly groupId: string; readonly port: number; readonly ranges: readonly string[] }, call: CallOptions): Promise<void> {
    const { ec2, client } = await this.#turn(region, "change", call);
    const [v6, v4] = [ranges.filter((range) => range.includes(":")), ranges.filter((range) => !range.includes(":"))];
    const permission = { IpProtocol: "tcp", FromPort: port, ToPort: port, IpRanges: v4.map((CidrIp) => ({ CidrIp })), Ipv6Ranges: v6.map((CidrIpv6) => ({ CidrIpv6 })) };
    await client.send(new ec2.AuthorizeSecurityGroupIngressCommand({ GroupId: groupId, IpPermissions: [permission] }), sendOptions(call));
  }

  /** Tries the calls that change something, each with DryRun: EC2 checks the permission and does nothing. Gives what it said to each. With a VPC, also those that make a security group in it. */
  async dryRuns(region: string, { launch, vpcId }: { readonly launch: RunInstancesCommandInput; readonly vpcId?: string }, call: CallOptions): Promise<readonly { readonly action: string; readonly said: unknown }[]> {
    const { ec2, client } = await this.#turn(region, "change", call);
    const [DryRun, nobody] = [true, "i-0123456789abcdef0"];
    const attempts = {
      RunInstances: () => client.send(new ec2.RunInstancesCommand({ ...launch, DryRun }), sendOptions(call)),
      TerminateInstances: () => client.send(new ec2.TerminateInstancesCommand({ InstanceIds: [nobody], DryRun }), sendOptions(call)),
      GetConsoleOutput: () => client.send(new ec2.GetConsoleOutputCommand({ InstanceId: nobody, DryRun }), sendOptions(call)),
      DeleteVolume: () => client.send(new ec2.DeleteVolumeCommand({ VolumeId: "vol-0123456789abcdef0", DryRun }), sendOptions(call)),
      ...(vpcId === undefined ? {} : {
        CreateSecurityGroup: () => client.send(new ec2.CreateSecurityGroupCommand({ GroupName: "bridge-doctor", Description: "never made", VpcId: vpcId, DryRun }), sendOptions(call)),
        AuthorizeSecurityGroupIngress: () => client.send(new ec2.AuthorizeSecurityGroupIngressCommand({ GroupId: "sg-0123456789abcdef0", IpPermissions: [{ IpProtocol: "tcp", FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: "127.0.0.1/32" }] }], DryRun }), sendOptions(call)),
      }),
    };
    return Promise.all(Object.entries(attempts).map(async ([action, attempt]) => ({ action, said: await attempt().then(() => undefined, (error: unknown) => error) })));
  }

  /** Lets go of connections. */
  async close(): Promise<void> {
    for (const pending of this.#clients.values()) {
      const { client, creating } = await pending;
      client.destroy();
      creating.destroy();
    }
  }

  /** The clients of a region, when it is this call's turn. */
  async #turn(region: string, kind: CallKind, call: CallOptions): Promise<Clients> {
    await this.#pace.turn(region, kind, call);
    return this.#client(region);
  }

  #client(region: string): Promise<Clients> {
    const known = this.#clients.get(region);
    if (known !== undefined) return known;
    const made = sdk.ec2().then((ec2) => ({ ec2, client: new ec2.EC2Client(this.#settings(region, 3)), creating: new ec2.EC2Client(this.#settings(region, 1)) }));
    this.#clients.set(region, made);
    return made;
  }

  #settings(region: string, maxAttempts: number) {
    const { endpoint, credentials } = this.#options;
    const { connectMs, requestMs } = this.#timeouts;
    return {
      // Unless it is told to throw, the SDK only writes a warning when the time of a request is over.
      region, maxAttempts, requestHandler: { connectionTimeout: connectMs, requestTimeout: requestMs, throwOnRequestTimeout: true, socketTimeout: requestMs },
      ...(endpoint === undefined ? {} : { endpoint }), ...(credentials === undefined ? {} : { credentials: sessionOf(credentials) }),
    };
  }
}

/** Tags as EC2 writes them. */
export const tagList = (tags: Readonly<Record<string, string>>): { Key: string; Value: string }[] => Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

const sessionOf = ({ accessKeyId, secretAccessKey, sessionToken }: NonNullable<ParsedOptions["credentials"]>) =>
  ({ accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) });

const sendOptions = ({ signal }: CallOptions): { abortSignal?: AbortSignal } => (signal === undefined ? {} : { abortSignal: signal });

const writable = (filters: readonly Filter[]) => filters.map(({ Name, Values }) => ({ Name, Values: [...Values] }));

/** All pages; one that fails makes the whole list fail. */
async function paged<Item>(read: (token: string | undefined) => Promise<{ readonly items: readonly Item[]; readonly next: string | undefined }>): Promise<readonly Item[]> {
  const items: Item[] = [];
  for (let token: string | undefined, isFirst = true; isFirst || token !== undefined; isFirst = false) {
    const page = await read(token);
    items.push(...page.items);
    token = page.next;
  }
  return items;
}

/** EC2's clock minus ours, by the answer's Date. */
function skewOf(response: unknown, nowMs: number): number | undefined {
  const headers = typeof response === "object" && response !== null && "headers" in response ? response.headers : undefined;
  const date = typeof headers === "object" && headers !== null && "date" in headers ? Date.parse(String(headers.date)) : Number.NaN;
  return Number.isNaN(date) ? undefined : date - nowMs;
}
