import { rmSync } from "node:fs";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A new folder that only this user can enter. It is removed when the process exits, unless it was kept or removed before. */
export class PrivateFolder {
  readonly path: string;
  readonly #onExit: () => void;
  #isKept = false;

  private constructor(path: string) {
    this.path = path;
    this.#onExit = () => rmSync(path, { recursive: true, force: true });
    process.on("exit", this.#onExit);
  }

  static async make(): Promise<PrivateFolder> {
    const path = await mkdtemp(join(tmpdir(), "bridge-"));
    const folder = new PrivateFolder(path);
    await chmod(path, 0o700);
    return folder;
  }

  /** Writes a file that only this user can read, and returns its path. */
  async write(name: string, text: string): Promise<string> {
    const path = join(this.path, name);
    await writeFile(path, text, { mode: 0o600, flag: "wx" });
    return path;
  }

  /** Does nothing to one that is kept. */
  async remove(): Promise<void> {
    if (this.#isKept) return;
    await rm(this.path, { recursive: true, force: true });
    process.off("exit", this.#onExit);
  }

  /** Leaves it where it is for good: something still needs it. */
  keep(): void {
    this.#isKept = true;
    process.off("exit", this.#onExit);
  }
}
