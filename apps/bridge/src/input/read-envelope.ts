import { BridgeError, type ComputeGrant, decodeEnvelope, type Envelope } from "@bridge/core";
import { readJson, readText } from "./read-text.ts";

/** Where an envelope comes from: a file, or single options. */
export interface EnvelopeOptions {
  readonly envelope?: string;
  readonly command?: readonly string[];
  /** What stands behind `--`. */
  readonly words?: readonly string[] | undefined;
  readonly image?: string;
  readonly sshKey?: string;
}

const contradiction = (message: string) => new BridgeError("invalid_option", message);

function commandOf({ command, words }: EnvelopeOptions): readonly string[] | undefined {
  if (command !== undefined && words !== undefined) throw contradiction("the command is given twice: by --command and behind --");
  return command ?? words;
}

/** The envelope as the options say. @throws BridgeError `invalid_grant` for its content, `invalid_option` for options that contradict each other. */
export async function readEnvelope(options: EnvelopeOptions): Promise<Envelope> {
  const command = commandOf(options);
  const { envelope: path, image, sshKey } = options;
  const about = { code: "invalid_grant", subject: "the envelope" } as const;
  if (path !== undefined && (command ?? image) !== undefined) throw contradiction("--envelope already says what runs; leave out --command, --image and what stands behind --");
  const written = path === undefined ? {} : decodeEnvelope(await readJson(path, about));
  if (written.sshPublicKey !== undefined && sshKey !== undefined) throw contradiction("--ssh-key: the envelope already holds an SSH key");
  return decodeEnvelope({
    ...written,
    ...(command === undefined ? {} : { command }),
    ...(image === undefined ? {} : { imageReference: image, imageDigest: image.slice(image.indexOf("@") + 1) }),
    ...(sshKey === undefined ? {} : { sshPublicKey: await readText(sshKey, { code: "invalid_option", subject: "--ssh-key" }) }),
  });
}

/** @throws BridgeError `image_mismatch` unless grant and envelope name the same image, or both none. */
export function checkImage({ imageDigest }: Envelope, grant: ComputeGrant): void {
  if (imageDigest === grant.imageDigest) return;
  throw new BridgeError("image_mismatch", `imageDigest: the grant permits ${grant.imageDigest ?? "no image"}, the envelope names ${imageDigest ?? "none"}`, { outcome: "none" });
}
