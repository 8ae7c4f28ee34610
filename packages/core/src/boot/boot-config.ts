import type { ConfiguredBackend } from "../backend/v1.ts";
import type { Rates } from "../card/rates.ts";

/** What the boot config is read from. Core itself reads no file and no environment. */
export interface BootSources {
  /** The config, YAML or JSON. */
  readonly text: string;
  /** What to call it in messages: its path. */
  readonly path: string;
  /** Where `{ env: NAME }` is looked up. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Reads what `{ file: path }` names, as text. The path is as written: relative to the config's folder. */
  readFile(path: string): Promise<string>;
  /** Imports what `use` names; resolves to the module's namespace. Rejects with code `ERR_MODULE_NOT_FOUND` when it is not installed. */
  importPlugin(use: string): Promise<unknown>;
}

/** One backend of a {@link BootConfig}. `options` is not enumerable: it may hold secrets. */
export interface BootBackend extends ConfiguredBackend {
  readonly name: string;
  /** The package or path that it was loaded from. */
  readonly use: string;
  readonly rates?: Rates;
}

/**
 * A complete boot config: checked, plugins loaded, secrets resolved. `masterSecret` and the backends' `options` are not
 * enumerable: JSON, spread, clone and inspection omit them.
 */
export interface BootConfig {
  readonly owner: string;
  readonly providerId: string;
  readonly masterSecret: string;
  readonly ledgerId?: string;
  readonly fallback?: "next" | "never";
  /** In order of preference; at least one. */
  readonly backends: readonly BootBackend[];
}
