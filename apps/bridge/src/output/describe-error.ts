import { inspect } from "node:util";
import { type BridgeError, errorCodes } from "@bridge/core";
import type { Line } from "./line.ts";

/** What to do about an error. Nothing where the table points to paths that this one does not list, or is of an older core. */
function whatToDo({ code, problems }: BridgeError): string | undefined {
  if (!Object.hasOwn(errorCodes, code) || (code.startsWith("invalid_") && problems === undefined)) return undefined;
  return errorCodes[code].whatToDo;
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
  const advice = whatToDo(error);
  return { error: { code, message, ...(advice === undefined ? {} : { whatToDo: advice }), ...details } };
}
