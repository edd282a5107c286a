// Operators on sequences, and what networks with attention have: attention itself, rotary places, normalisations, Einsum, recurrent layers, Fourier
// transforms. A part of the program that is loaded for the graphs that name one.
import type { Operator } from "../operator.ts";
import { attention, rotaryEmbedding } from "./attention.ts";
import { einsum } from "./einsum.ts";
import { dft, stft } from "./fourier.ts";
import { lpNormalization, meanVarianceNormalization, rmsNormalization } from "./normalization.ts";
import { recurrence, recurrentOperators } from "./recurrent.ts";

export default [
  attention,
  dft,
  einsum,
  lpNormalization,
  meanVarianceNormalization,
  recurrence,
  ...recurrentOperators,
  rmsNormalization,
  rotaryEmbedding,
  stft,
] satisfies Operator[];
