import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import { basename } from "node:path";
import type { Tarball } from "./pack.ts";
import { mustRun } from "./run-command.ts";
import type { Manifest } from "./workspace.ts";

/** A package as a registry tells of it: https://github.com/npm/registry/blob/main/docs/responses/package-metadata.md */
interface Published {
  readonly manifest: Manifest;
  readonly file: string;
  readonly content: Buffer;
}

/** An npm registry on 127.0.0.1 that has our packages as they would be published, and nothing else. */
export interface LocalRegistry {
  /** Text of an `.npmrc` with which npm, pnpm and yarn take the scope `@bridge` from here, and all else from where they do. */
  readonly npmrc: string;
}

async function readTarball({ file }: Tarball): Promise<Published> {
  // As packed: without the ranges of the workspace.
  const manifest = JSON.parse(await mustRun("tar", ["-xzOf", file, "package/package.json"])) as Manifest; // a package.json of ours
  return { manifest, file: basename(file), content: readFileSync(file) };
}

function metadata({ manifest, file, content }: Published, url: string): object {
  const integrity = `sha512-${createHash("sha512").update(content).digest("base64")}`;
  const shasum = createHash("sha1").update(content).digest("hex");
  const { name, version = "" } = manifest;
  return { name, "dist-tags": { latest: version }, versions: { [version]: { ...manifest, dist: { tarball: `${url}/${file}`, integrity, shasum } } } };
}

async function listen(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the registry got no port");
  return `http://127.0.0.1:${address.port}`;
}

/** Serves tarballs as a registry while something uses it. */
export async function withLocalRegistry<T>(tarballs: readonly Tarball[], use: (registry: LocalRegistry) => Promise<T>): Promise<T> {
  const published = await Promise.all(tarballs.map(readTarball));
  let url = "";
  const answer = (path: string, response: ServerResponse) => {
    // Nobody may keep what another run, with the same port, has published under the same version.
    response.setHeader("cache-control", "no-store");
    const found = published.find(({ manifest, file }) => path === `/${manifest.name}` || path === `/${file}`);
    if (found === undefined) return response.writeHead(404).end("{}");
    return path === `/${found.file}` ? response.end(found.content) : response.setHeader("content-type", "application/json").end(JSON.stringify(metadata(found, url)));
  };
  const server = createServer(({ url: path = "" }, response) => answer(decodeURIComponent(path), response));
  try {
    url = await listen(server);
    return await use({ npmrc: `@bridge:registry=${url}/\n` });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
