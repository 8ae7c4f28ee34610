import type { Architecture, ComputeManifest } from "@bridge/core/backend";

/** A machine size of a platform's catalogue. */
export interface MachineSize {
  /** The platform's name of it. */
  readonly name: string;
  readonly cpuMillicores: number;
  readonly ramMib: number;
  /** Of the disk that comes with it. Absent: not compared, because the disk is made in the size that is asked for. */
  readonly storageGib?: number;
  readonly arch: Architecture;
  /** It can be an Intel TDX trust domain. Default false. */
  readonly tdx?: boolean;
  /** In any one currency, or any other rank of cost. Sizes without one come after those with one. */
  readonly pricePerHour?: number;
}

const compare = <T extends number | string>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);

/**
 * The sizes of a catalogue that hold a manifest, best first: by price, then CPU, then memory, then name, so that the same
 * catalogue always gives the same order. `preferred` TDX puts capable sizes first, `required` leaves only them.
 */
export function pickSizes<Size extends MachineSize>(catalog: readonly Size[], manifest: Pick<ComputeManifest, "cpuMillicores" | "ramMib" | "arch" | "tdx"> & Partial<Pick<ComputeManifest, "storageGib">>): readonly Size[] {
  const isTdx = ({ tdx = false }: MachineSize) => tdx;
  const fits = (size: MachineSize) =>
    size.cpuMillicores >= manifest.cpuMillicores && size.ramMib >= manifest.ramMib && size.arch === manifest.arch
    && (size.storageGib ?? Number.POSITIVE_INFINITY) >= (manifest.storageGib ?? 0)
    && (manifest.tdx !== "required" || isTdx(size));
  const price = ({ pricePerHour = Number.POSITIVE_INFINITY }: MachineSize) => pricePerHour;
  const tdxRank = (size: MachineSize) => (manifest.tdx === "preferred" && !isTdx(size) ? 1 : 0);
  return catalog.filter(fits).sort((a, b) =>
    compare(tdxRank(a), tdxRank(b)) || compare(price(a), price(b)) || compare(a.cpuMillicores, b.cpuMillicores)
    || compare(a.ramMib, b.ramMib) || compare(a.name, b.name));
}
