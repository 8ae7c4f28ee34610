import { readFile } from "node:fs/promises";
import { BridgeError, type ErrorCode } from "@bridge/core";

/** A file that a person named. @throws BridgeError of the given code when it cannot be read. */
export async function readText(path: string, { code, subject }: { readonly code: ErrorCode; readonly subject: string }): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new BridgeError(code, `${subject} cannot be read: ${error instanceof Error ? error.message : String(error)}`, { cause: error, problems: [{ path: "", message: "cannot be read" }] });
  }
}

/** A JSON file that a person named. @throws BridgeError of the given code when it cannot be read or is no JSON. */
export async function readJson(path: string, about: { readonly code: ErrorCode; readonly subject: string }): Promise<unknown> {
  const text = await readText(path, about);
  try {
    return JSON.parse(text);
  } catch {
    // The parser's message repeats the text, which may hold secrets.
    throw new BridgeError(about.code, `${about.subject} in ${path} is not JSON`, { problems: [{ path: "", message: "is not JSON" }] });
  }
}
