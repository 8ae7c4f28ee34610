import type {
  DescribeInstanceTypeOfferingsRequest, DescribeInstanceTypeOfferingsResult, DescribeInstanceTypesRequest, DescribeInstanceTypesResult, InstanceTypeInfo,
} from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { action } from "../action.ts";
import { type CatalogType, instanceTypes } from "../catalog.ts";
import { select } from "../filters.ts";
import { isOffered } from "../launch/capacity.ts";
import { pageOf } from "../pages.ts";
import { nextToken } from "./list-request.ts";

type TypeName = NonNullable<InstanceTypeInfo["InstanceType"]>;

const describe = ({ name, vcpus, memoryMib, arch, burstable, sevSnp, current }: CatalogType): InstanceTypeInfo => ({
  InstanceType: name as TypeName, // of the catalogue
  CurrentGeneration: current, FreeTierEligible: false, SupportedUsageClasses: ["on-demand", "spot"], SupportedRootDeviceTypes: ["ebs"], SupportedVirtualizationTypes: ["hvm"],
  BareMetal: false, Hypervisor: current ? "nitro" : "xen", BurstablePerformanceSupported: burstable,
  ProcessorInfo: { SupportedArchitectures: [arch], ...(sevSnp ? { SupportedFeatures: ["amd-sev-snp"] } : {}) },
  VCpuInfo: { DefaultVCpus: vcpus, DefaultCores: Math.ceil(vcpus / 2), DefaultThreadsPerCore: arch === "arm64" ? 1 : 2 },
  MemoryInfo: { SizeInMiB: memoryMib }, InstanceStorageSupported: false, EbsInfo: { EbsOptimizedSupport: "default", EncryptionSupport: "supported" },
});

/** The types of a region. */
export const describeInstanceTypes = action<DescribeInstanceTypesRequest, DescribeInstanceTypesResult>({
  understands: ["InstanceTypes", "Filters", "MaxResults", "NextToken"],
  run: ({ cloud }, request) => {
    const unknown = (request.InstanceTypes ?? []).filter((asked) => instanceTypes.every(({ name }) => name !== asked));
    if (unknown.length > 0) throw new AwsError("InvalidInstanceType", `The following supplied instance types do not exist: [${unknown.join(", ")}]`);
    const named = instanceTypes.filter(({ name }) => request.InstanceTypes?.some((asked) => asked === name) ?? true);
    const passed = select(named, request.Filters, {
      "instance-type": ({ name }) => name,
      "current-generation": ({ current }) => String(current),
      "bare-metal": () => "false",
      "burstable-performance-supported": ({ burstable }) => String(burstable),
      "hypervisor": ({ current }) => (current ? "nitro" : "xen"),
      "vcpu-info.default-vcpus": ({ vcpus }) => String(vcpus),
      "memory-info.size-in-mib": ({ memoryMib }) => String(memoryMib),
      "processor-info.supported-architecture": ({ arch }) => arch,
      "processor-info.supported-features": ({ sevSnp }) => (sevSnp ? "amd-sev-snp" : undefined),
      "supported-usage-class": () => ["on-demand", "spot"],
      "supported-virtualization-type": () => "hvm",
      "instance-storage-supported": () => "false",
    });
    const page = pageOf(passed, (type) => instanceTypes.indexOf(type), request, { fewest: 5, most: 100, limit: cloud.settings.pageLimit });
    return { InstanceTypes: page.items.map(describe), ...nextToken(page) };
  },
});

/** Where which types are sold. */
export const describeInstanceTypeOfferings = action<DescribeInstanceTypeOfferingsRequest, DescribeInstanceTypeOfferingsResult>({
  understands: ["LocationType", "Filters", "MaxResults", "NextToken"],
  run: ({ cloud, world }, request) => {
    const { LocationType = "region" } = request;
    if (LocationType !== "region" && LocationType !== "availability-zone") throw new AwsError("InvalidParameterValue", `The fake has no offerings by ${LocationType}.`);
    const locations = LocationType === "region" ? [world.region] : world.zones;
    const all = locations.flatMap((location) => instanceTypes.filter(({ name }) => LocationType === "region" || isOffered(cloud, name, location)).map(({ name }) => ({ name, location })))
      .map((offering, sequence) => ({ ...offering, sequence }));
    const passed = select(all, request.Filters, { "instance-type": ({ name }) => name, "location": ({ location }) => location });
    const page = pageOf(passed, ({ sequence }) => sequence, request, { fewest: 5, most: 1000, limit: cloud.settings.pageLimit });
    return { InstanceTypeOfferings: page.items.map(({ name, location }) => ({ InstanceType: name as TypeName, LocationType, Location: location })), ...nextToken(page) }; // of the catalogue
  },
});
