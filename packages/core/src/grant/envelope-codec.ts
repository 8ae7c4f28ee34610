import type { Envelope, PullCredentials } from "../backend/words.ts";
import { type Decoder, decode, list, object, record, text } from "../codec/decoder.ts";
import { parseSshPublicKey } from "../keys/openssh.ts";
import { imageDigest } from "./grant-codec.ts";

const sshPublicKey: Decoder<string> = (value, path, problems) => {
  try {
    return parseSshPublicKey(value);
  } catch (error) {
    problems.push({ path, message: error instanceof Error ? error.message : "must be an OpenSSH public key line" });
    return undefined;
  }
};

const argument: Decoder<string> = (value, path, problems) => {
  if (typeof value === "string" && value.length <= 131_072 && !value.includes("\0")) return value;
  problems.push({ path, message: "must be a string of at most 131072 characters without NUL" });
  return undefined;
};

const environment: Decoder<Readonly<Record<string, string>>> = (value, path, problems) => {
  const read = record(argument)(value, path, problems);
  for (const name of Object.keys(read ?? {})) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) problems.push({ path: `${path}.${name}`, message: "is not a name for an environment variable" });
  }
  return read;
};

const envelope = object<Envelope>({
  requesterKey: { optional: text({ pattern: /^[A-Za-z0-9_-]{43}$/, what: "32 bytes in base64url" }) },
  sshPublicKey: { optional: sshPublicKey },
  imageReference: { optional: text({ pattern: /^[a-z0-9][a-zA-Z0-9.:/_-]*@sha256:[0-9a-f]{64}$/, what: "registry/repository@sha256:…" }) },
  imageDigest: { optional: imageDigest },
  command: { optional: list(argument) },
  environment: { optional: environment },
  pullCredentials: {
    optional: object<PullCredentials>({
      username: { required: text() },
      password: { required: text({ maxLength: 16_384, secret: true }) },
    }),
  },
});

const consistent: Decoder<Envelope> = (value, path, problems) => {
  const read = envelope(value, path, problems);
  if (read?.command?.length === 0) problems.push({ path: "command", message: "must name a program, or be absent" });
  if (read?.imageReference !== undefined && !read.imageReference.endsWith(`@${read.imageDigest}`)) {
    problems.push({ path: "imageReference", message: "must end in @ and the envelope's imageDigest" });
  }
  if (read?.imageDigest !== undefined && read.imageReference === undefined) {
    problems.push({ path: "imageReference", message: "is missing: imageDigest alone does not say where the image is" });
  }
  return read;
};

/**
 * Reads an envelope, strictly: unknown members are refused. No message repeats a secret.
 *
 * @throws BridgeError `invalid_grant` with all problems.
 */
export function decodeEnvelope(value: unknown): Envelope {
  return decode(consistent, value, { code: "invalid_grant", subject: "the envelope" });
}
