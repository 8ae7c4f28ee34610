import plugin from "../src/index.ts";

/** The plugin on the real platform: `ACME_TOKEN=… npx bridge-conformance ./live/subject.ts --live --max-instances 2 --max-minutes 20`. It costs money. */
export const subject = () => ({ plugin, options: { endpoint: "https://api.acme.example", token: process.env["ACME_TOKEN"] ?? "" } });
export default plugin;
