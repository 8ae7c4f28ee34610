import type { BackendPlugin, ComputeGrant, Envelope } from "@bridge/core";
import type { Difference } from "./conformance-case.ts";
import type { Controls } from "./controls.ts";

/** What is checked, and with what means. A fresh one is made for every case. */
export interface Subject {
  /** As the package exports it. */
  readonly plugin: BackendPlugin;
  /** As a person writes them; checked with the plugin's schema. */
  readonly options: unknown;
  /** In what the backend is unlike ours, each with the reason, which is always printed. */
  readonly differences?: Readonly<Partial<Record<Difference, string>>>;
  /** Adjusts region, sizes and architecture of the grants. Default: 100 millicores, 64 MiB, amd64, anywhere. */
  readonly grant?: (base: ComputeGrant) => ComputeGrant;
  /** Parts of the envelope that make a workload. Default: commands of `/bin/sh -c`. */
  readonly workload?: {
    /** Runs until it is ended. */
    readonly runs?: Partial<Envelope>;
    /** Ends by itself about a second after its start, with this exit code. */
    readonly exits?: (code: number) => Partial<Envelope>;
  };
  /** Where the plugin's module is, so that it can be loaded in processes of their own. */
  readonly module?: {
    /** A `file:` URL; its default export is the plugin. */
    readonly url: string;
    /** Whether a second process with the same options, as JSON, sees the same machines. Default true. */
    readonly shared?: boolean;
  };
  /** How many things one answer of the platform's list holds; make it small. Default: not known, so paging is not reached. */
  readonly pageSize?: number;
  /** Seconds from the deadline until a machine without Bridge is gone. Default 360: platform timers run 5 minutes late. */
  readonly deadlineSlackSeconds?: number;
  readonly controls?: Controls;
  /** Ends the test platform. May throw what was not right on it: then the case has failed. */
  readonly dispose?: () => Promise<void>;
}

/** Makes a subject; called once for every case. */
export type SubjectFactory = () => Subject | Promise<Subject>;
