import { spawnSync } from "node:child_process";

/** Why there are no terminals on this system; undefined where there are. Starts script(1). */
export function missingTerminals(): string | undefined {
  const works = process.platform === "linux" ? spawnSync("script", ["--version"]).status === 0 : process.platform === "darwin";
  return works ? undefined : "no terminal here: script(1) of util-linux is not installed";
}
