import { createHash, createHmac } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

/** What the `Authorization` header of a signed request says. */
export interface Signature {
  readonly accessKeyId: string;
  readonly region: string;
  readonly service: string;
  readonly signedAtMs: number;
  /** Whether this secret made the signature. */
  isBy(secretAccessKey: string): boolean;
}

const form = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;
const hmac = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();
const hash = (text: string): string => createHash("sha256").update(text).digest("hex");

/** Reads a Signature Version 4 over `POST /`; undefined when the request is not signed so. */
export function readSignature(headers: IncomingHttpHeaders, body: string): Signature | undefined {
  const [, accessKeyId = "", day = "", region = "", service = "", names = "", given] = form.exec(headers.authorization ?? "") ?? [];
  const stamp = String(headers["x-amz-date"] ?? "");
  const [, year, month, date, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(stamp) ?? [];
  if (given === undefined || year === undefined) return undefined;
  const lines = names.split(";").map((name) => `${name}:${String(headers[name] ?? "").trim().replace(/ +/g, " ")}\n`).join("");
  const canonical = ["POST", "/", "", lines, names, hash(body)].join("\n");
  const toSign = ["AWS4-HMAC-SHA256", stamp, `${day}/${region}/${service}/aws4_request`, hash(canonical)].join("\n");
  return {
    accessKeyId, region, service,
    signedAtMs: Date.parse(`${year}-${month}-${date}T${hour}:${minute}:${second}Z`),
    isBy: (secret) => hmac([day, region, service, "aws4_request"].reduce<string | Buffer>((key, part) => hmac(key, part), `AWS4${secret}`), toSign).toString("hex") === given,
  };
}
