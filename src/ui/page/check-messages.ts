// What the page and its worker for checks tell each other. Types alone.
import type { FileCheck } from "../../checks/check-file.ts";
import type { GpuCheck, VerifiedLayer } from "../../checks/run.ts";

/** One network of several files: the model first, then what may hold its weights. */
export type NetworkFiles = readonly File[];

export type CheckRequest = { readonly kind: "files"; readonly networks: readonly NetworkFiles[] } | ({ readonly kind: "gpu" } & GpuCheck);

export type CheckEvent =
  | { readonly event: "file"; readonly index: number; readonly check: FileCheck }
  | { readonly event: "layer"; readonly layer: VerifiedLayer; readonly done: number; readonly total: number }
  /** All is checked. @param adapter what the GPU calls itself */
  | { readonly event: "end"; readonly adapter: string }
  | { readonly event: "failed"; readonly message: string };
