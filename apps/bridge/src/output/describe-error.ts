import { inspect } from "node:util";
import { type BridgeError, errorCodes } from "@bridge/core";
import type { Line } from "./line.ts";

/** What to do about an error; a code of a newer core than ours has none. */
function whatToDo({ code }: BridgeError): string | undefined {
  return Object.hasOwn(errorCodes, code) ? errorCodes[code].whatToDo : undefined;
}

/** An error for a person: code, message, what to do. */
export function describeError(error: BridgeError, { causes }: { readonly causes: boolean }): readonly Line[] {
  const advice = whatToDo(error);
  return [
    [{ text: `error ${error.code}`, style: "red" }, `: ${error.message}`],
    ...(advice === undefined ? [] : [[{ text: advice, style: "dim" } as const]]),
    ...(causes ? [[{ text: inspect(error), style: "dim" } as const]] : []),
  ];
}

/** An error for a program. */
export function errorDocument(error: BridgeError): { readonly error: Readonly<Record<string, unknown>> } {
  const { name: _name, code, message, ...details } = error.toJSON();
  return { error: { code, message, whatToDo: whatToDo(error), ...details } };
}
