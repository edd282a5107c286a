// Kernels that make training faster where the GPU is software: they were measured there, and come first there alone.
import type { Families } from "../families.ts";
import type { Operator } from "../operator.ts";
import { withTiles } from "./product-tiles.ts";
import { sharingCandidates } from "./sharing.ts";
import { withWinograd } from "./winograd-weight-gradient.ts";

export default [] satisfies Operator[];

export const families: Partial<Families> = { sharing: sharingCandidates, product: withTiles, weightGradient: withWinograd };
