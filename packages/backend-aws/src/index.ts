export { aws, awsPlugin, awsPlugin as default } from "./plugin.ts";
export type { AwsOptions } from "./config.ts";
