import { tagRules } from "@bridge/backend-kit";
import { z } from "zod";

const region = z.string().regex(/^[a-z]{2,3}(-[a-z]+)+-\d$/, "a region's name, such as eu-west-1");
const imageId = z.string().regex(/^ami-[0-9a-f]{8,17}$/, "an image id, such as ami-0123456789abcdef0");
const perRegion = <T extends z.ZodType>(value: T) => z.record(region, value);

/** Where the machine image comes from. It needs cloud-init, systemd, python3, sudo and an SSH server. */
const image = z.union([
  /** By id, for each region; all for one architecture. */
  z.strictObject({ ids: perRegion(imageId), architecture: z.enum(["amd64", "arm64"]).default("amd64") }),
  /** A public SSM parameter that holds the id; `{architecture}` in it becomes `amd64` or `arm64`. */
  z.strictObject({ ssmParameter: z.string().startsWith("/").max(1011) }),
  /** The newest image of an owner whose name matches; `*` and `?` are wild. */
  z.strictObject({ owner: z.string().min(1), name: z.string().min(1) }),
]);

/** https://documentation.ubuntu.com/aws/aws-how-to/instances/find-ubuntu-images/ */
const ubuntuLts = { ssmParameter: "/aws/service/canonical/ubuntu/server/24.04/stable/current/{architecture}/hvm/ebs-gp3/ami-id" };

/** Options of the AWS backend; an unknown key is refused. */
export const optionsSchema = z.strictObject({
  /** Regions to use, in order of preference. */
  regions: z.array(region).min(1),
  /** Keys of an IAM user or role. Default: the SDK's chain (environment, shared files, container, instance). */
  credentials: z.strictObject({ accessKeyId: z.string().min(1), secretAccessKey: z.string().min(1), sessionToken: z.string().min(1).optional() }).optional(),
  /** The account that the credentials belong to, 12 digits; checked. Default: asked of STS once. */
  account: z.string().regex(/^\d{12}$/, "12 digits").optional(),
  /** Instance families to choose from, the preferred first. */
  instanceFamilies: z.array(z.string().regex(/^[a-z0-9-]+$/)).min(1).default(["m7i", "c7i", "r7i", "m7g", "c7g", "r7g"]),
  /** Exact instance types, the preferred first; when given, families are not looked at. */
  instanceTypes: z.array(z.string().regex(/^[a-z0-9-]+\.[a-z0-9-]+$/)).min(1).optional(),
  /** Default: Ubuntu 24.04 LTS by Canonical's SSM alias. */
  image: image.default(ubuntuLts),
  /** Subnets by region, in order of preference; their zones are the zones used. Default: the default VPC's default subnets. */
  subnets: perRegion(z.array(z.string().regex(/^subnet-[0-9a-f]{8,17}$/)).min(1)).optional(),
  /** Security groups by region. Default: one called `bridge-ssh` in each VPC, made when it is missing, with port 22 open to `sshSourceRanges`. */
  securityGroups: perRegion(z.string().regex(/^sg-[0-9a-f]{8,17}$/)).optional(),
  /** From where SSH may come, CIDR. Default: from everywhere. */
  sshSourceRanges: z.array(z.union([z.cidrv4(), z.cidrv6()])).min(1).default(["0.0.0.0/0"]),
  /** Size of the root volume where a grant asks for less, in GiB. */
  minDiskGib: z.int().min(1).max(16_384).default(10),
  /** Whether to lease spot capacity: `prefer` tries it before on-demand. A spot machine may be taken away at any time. */
  spot: z.enum(["off", "prefer", "only"]).default("off"),
  /** Give each machine an IPv6 address, too; the subnets need a range. */
  ipv6: z.boolean().default(false),
  /** Run only on types with AMD SEV-SNP, with it on: encrypted memory, which is not Intel TDX and serves no grant that requires TDX. */
  sevSnp: z.boolean().default(false),
  /** Further tags for everything that is created; a `Name` takes the place of ours. EC2 takes 50, of which 8 are ours. */
  tags: z.record(z.string().regex(tagRules.ec2.name, "a legal name of an EC2 tag"), z.string().regex(tagRules.ec2.value, "a legal value of an EC2 tag, at most 256 characters")).refine((tags) => Object.keys(tags).every((name) => !name.startsWith("bridge-")), "names that start with bridge- are ours").refine((tags) => Object.keys(tags).length <= 42, "at most 42: EC2 takes 50 tags, of which 8 are ours").default({}),
  /** Base address of EC2, STS, SSM and Service Quotas, for private endpoints. Default: AWS's own, by region. */
  endpoint: z.url({ protocol: /^https?$/ }).optional(),
});

/** The options as a person writes them. */
export type AwsOptions = z.input<typeof optionsSchema>;

/** The options, checked and with defaults. */
export type ParsedOptions = z.output<typeof optionsSchema>;

/** On whose terms capacity is rented. */
export type Market = "on-demand" | "spot";

/** The markets that the options allow, in order of preference. */
export const marketsOf = ({ spot }: ParsedOptions): readonly [Market, ...Market[]] => (({ off: ["on-demand"], prefer: ["spot", "on-demand"], only: ["spot"] }) as const)[spot];
