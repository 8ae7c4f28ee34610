import plugin from "../src/index.ts";

/** The plugin on a real project: `HCLOUD_TOKEN=… HCLOUD_PROJECT=… npx bridge-conformance ./live/subject.ts --live …`. It costs money. */
export const subject = () => ({ plugin, options: { token: process.env["HCLOUD_TOKEN"] ?? "", projectId: Number(process.env["HCLOUD_PROJECT"]) } });
export default plugin;
