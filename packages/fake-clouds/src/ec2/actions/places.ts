import type {
  DescribeAccountAttributesRequest, DescribeAccountAttributesResult, DescribeAvailabilityZonesRequest, DescribeAvailabilityZonesResult,
  DescribeRegionsRequest, DescribeRegionsResult,
} from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { action } from "../action.ts";
import { regions } from "../catalog.ts";
import { select } from "../filters.ts";

/** The regions; those that the account did not opt in to only with `AllRegions`. */
export const describeRegions = action<DescribeRegionsRequest, DescribeRegionsResult>({
  understands: ["RegionNames", "AllRegions", "Filters"],
  run: ({ cloud }, { RegionNames, AllRegions = false, Filters }) => {
    const unknown = RegionNames?.find((name) => regions[name] === undefined);
    if (unknown !== undefined) throw new AwsError("InvalidParameterValue", `Invalid region names: [${unknown}]`);
    const all = Object.entries(regions).map(([name, { optIn }]) => ({
      name, endpoint: `ec2.${name}.amazonaws.com`, optIn: !optIn ? "opt-in-not-required" : cloud.enabledRegions.includes(name) ? "opted-in" : "not-opted-in",
    }));
    const asked = all.filter(({ name, optIn }) => (RegionNames?.includes(name) ?? true) && (AllRegions || RegionNames !== undefined || optIn !== "not-opted-in"));
    const passed = select(asked, Filters, { "region-name": ({ name }) => name, "endpoint": ({ endpoint }) => endpoint, "opt-in-status": ({ optIn }) => optIn });
    return { Regions: passed.map(({ name, endpoint, optIn }) => ({ RegionName: name, Endpoint: endpoint, OptInStatus: optIn })) };
  },
});

/** The zones of a region. */
export const describeAvailabilityZones = action<DescribeAvailabilityZonesRequest, DescribeAvailabilityZonesResult>({
  understands: ["ZoneNames", "Filters", "AllAvailabilityZones"],
  run: ({ world }, { ZoneNames, Filters }) => {
    const unknown = ZoneNames?.find((name) => !world.zones.includes(name));
    if (unknown !== undefined) throw new AwsError("InvalidParameterValue", `Invalid availability zone: [${unknown}]`);
    const asked = world.zones.filter((name) => ZoneNames?.includes(name) ?? true);
    const passed = select(asked, Filters, { "zone-name": (name) => name, "region-name": () => world.region, "state": () => "available", "zone-type": () => "availability-zone", "opt-in-status": () => "opt-in-not-required" });
    return {
      AvailabilityZones: passed.map((name) => ({
        ZoneName: name, ZoneId: `${world.region.replace(/^(\w\w)-(\w)\w*-(\d)$/, "$1$2$3")}-az${world.zones.indexOf(name) + 1}`, RegionName: world.region, State: "available",
        OptInStatus: "opt-in-not-required", ZoneType: "availability-zone", GroupName: world.region, NetworkBorderGroup: world.region, Messages: [],
      })),
    };
  },
});

/** What an account may do; the limits of vCPUs are told by Service Quotas. */
export const describeAccountAttributes = action<DescribeAccountAttributesRequest, DescribeAccountAttributesResult>({
  understands: ["AttributeNames"],
  run: ({ cloud, world }, { AttributeNames }) => {
    const defaultVpc = [...world.vpcs.values()].find(({ isDefault }) => isDefault)?.id ?? "none";
    const all: Readonly<Record<string, string>> = { "supported-platforms": "VPC", "default-vpc": defaultVpc, "max-instances": String(cloud.settings.quotas.instances) };
    return {
      AccountAttributes: Object.entries(all).filter(([name]) => AttributeNames?.some((asked) => asked === name) ?? true)
        .map(([AttributeName, AttributeValue]) => ({ AttributeName, AttributeValues: [{ AttributeValue }] })),
    };
  },
});
