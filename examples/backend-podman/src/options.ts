import { z } from "zod";

const words = z.array(z.string().min(1));

/** What a person writes under `options` in bridge.yaml; strict, so that a misspelt key is refused. */
export const optionsSchema = z.strictObject({
  /** Program and the options that stand before its command: `["podman", "--runtime", "runc"]`. */
  command: words.min(1).default(["podman"]),
  /** Image that boots systemd, made by `image/build-image.sh`. */
  image: z.string().min(1).default("bridge-machine"),
  /** The only region, as grants name it. */
  region: z.string().min(1).default("local"),
  /** Address of this machine at which the machines' SSH ports are published. */
  address: z.union([z.ipv4(), z.ipv6()]).default("127.0.0.1"),
  /** Further options of `podman run`: `["--pids-limit=0"]`. */
  runArguments: words.default([]),
  /** So long after its deadline podman kills a machine, so that usage is read first. */
  graceSeconds: z.int().min(0).default(300),
});

/** The options as a person writes them. */
export type PodmanOptions = z.input<typeof optionsSchema>;

/** The options, checked and with defaults. */
export type ParsedOptions = z.output<typeof optionsSchema>;
