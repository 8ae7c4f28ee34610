/** Your own application, with Bridge under `/compute`. */
import { mkdir } from "node:fs/promises";
import { local } from "@bridge/backend-local";
import Fastify from "fastify";
import pino from "pino";
import { compute } from "./compute.ts";

const { BRIDGE_MASTER_SECRET: masterSecret, PORT: port = "3000" } = process.env;
if (masterSecret === undefined) throw new Error("set BRIDGE_MASTER_SECRET, for example to the output of: openssl rand -hex 32");
await mkdir("state", { recursive: true, mode: 0o700 });

/** Your accounts; anything that tells who asks will do. */
const accounts = new Map([["Bearer token-of-ann", "ann"], ["Bearer token-of-bob", "bob"]]);

const app = Fastify({ loggerInstance: pino({ name: "your-app" }) });
app.get("/", async () => ({ hello: "this is your application" }));
await app.register(compute, {
  prefix: "/compute",
  issuerOf: ({ headers }) => accounts.get(headers.authorization ?? ""),
  owner: "embed-fastify", providerId: "your-app", masterSecret, backends: [local({ stateDirectory: "state/local" })], ledger: { file: "state/ledger.db" },
  limits: { issuers: { ann: { concurrentGrants: 2 } } },
});
await app.listen({ host: "127.0.0.1", port: Number(port) });
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void app.close());
