// What the API takes and answers, from its reference. Nothing here comes from `../src`: what is wrong there must not be right here.

/** A machine as the API answers it. `off`: it stays, and is billed, until it is deleted. */
export interface MachineAnswer {
  readonly id: string;
  readonly region: string;
  readonly size: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly status: "starting" | "running" | "off" | "deleting";
  readonly address?: string;
  readonly sshPort?: number;
  readonly createdAtMs: number;
  readonly offAtMs?: number;
}

/** A volume as the API answers it. */
export interface VolumeAnswer {
  readonly id: string;
  readonly region: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** A size of the catalogue as the API answers it. */
export interface SizeAnswer {
  readonly name: string;
  readonly cpuMillicores: number;
  readonly ramMib: number;
  readonly storageGib: number;
  readonly pricePerHour: number;
  readonly regions: readonly string[];
}

/** Body of `POST /v1/machines`. */
export interface CreateBody {
  readonly name: string;
  readonly region: string;
  readonly size: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly userData: string;
  readonly deleteAtMs: number;
}
