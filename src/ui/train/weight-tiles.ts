// How the weights of a layer are drawn as tiles: one for each of its channels, with a kernel for each channel that it reads. Pure.
import type { LayerWeights } from "../kernels/layer-weights.ts";

export interface WeightTiles {
  /** That the layer computes. */
  readonly value: string;
  /** Name of the weights. */
  readonly weight: string;
  readonly outputs: number;
  /** Channels that have tiles are the first of so many; absent where all have. */
  readonly allOutputs?: number;
  /** Channels that each output channel reads. */
  readonly inputs: number;
  /** Of a kernel. */
  readonly rows: number;
  readonly columns: number;
  /** From output channel to output channel in the weights, from input to input, and from neighbour to neighbour in a kernel. */
  readonly outputStride: number;
  readonly inputStride: number;
  readonly step: number;
  /** Whether a tile is the mean of its kernels: there are too many. */
  readonly isMean: boolean;
  /** Kernels side by side in a tile, and elements between two. */
  readonly across: number;
  readonly gap: number;
  readonly tileRows: number;
  readonly tileColumns: number;
  /** Whether a second network that learns has weights of this name and shape, too. */
  readonly isShared?: boolean;
}

/** Elements of all tiles; of layers with more, each tile is the mean of its kernels, and where those are still more, the first channels have tiles. */
const mostElements = 2 ** 21;

/** @returns undefined where weights do not lie evenly, as those of a transposed convolution in groups, or where a single tile takes too much */
export function weightTilesOf(value: string, { weight, view }: LayerWeights): WeightTiles | undefined {
  const { outputs, inputs, rows, columns, step } = view;
  const origin = view.at(0, 0);
  const outputStride = outputs > 1 ? view.at(1, 0) - origin : 0;
  const inputStride = inputs > 1 ? view.at(0, 1) - origin : 0;
  const isEven = (output: number) => view.at(output, inputs - 1) === origin + output * outputStride + (inputs - 1) * inputStride;
  if (origin !== 0 || !Array.from({ length: outputs }, (_, output) => output).every(isEven)) return undefined;
  const own = { value, weight, outputs, inputs, rows, columns, outputStride, inputStride, step };
  const all = arranged(inputs, rows, columns);
  if (outputs * all.tileRows * all.tileColumns <= mostElements) return { ...own, ...all, isMean: false };
  const fit = Math.min(outputs, Math.floor(mostElements / (rows * columns)));
  if (fit === 0) return undefined;
  return { ...own, ...arranged(1, rows, columns), isMean: true, outputs: fit, ...(fit < outputs && { allOutputs: outputs }) };
}

/** So many kernels in a tile that is about as high as it is wide. Single weights stand close together. */
function arranged(kernels: number, rows: number, columns: number) {
  const gap = rows * columns > 1 ? 1 : 0;
  const square = Math.ceil(Math.sqrt((kernels * (rows + gap)) / (columns + gap)));
  const across = kernels < 4 ? kernels : Math.min(kernels, Math.max(1, square));
  const down = Math.ceil(kernels / across);
  return { across, gap, tileRows: down * (rows + gap) - gap, tileColumns: across * (columns + gap) - gap };
}

/** What stands in one of the tiles, such as "32 kernels of 3 × 3 in each tile", and how many channels have none. */
export function textOfTile(tiles: WeightTiles): string {
  const { outputs, allOutputs } = tiles;
  const whole =
    allOutputs === undefined ? "" : `, of the first ${outputs.toLocaleString("en")} of ${allOutputs.toLocaleString("en")} channels`;
  return `${textOfOne(tiles)}${whole}`;
}

function textOfOne({ inputs, rows, columns, isMean }: WeightTiles): string {
  const size = `${rows} × ${columns}`;
  const count = inputs.toLocaleString("en");
  if (rows * columns === 1)
    return isMean ? `the mean of ${count} weights in each tile` : `${count} ${inputs === 1 ? "weight" : "weights"} in each tile`;
  if (isMean) return `the mean of ${count} kernels of ${size} in each tile`;
  return inputs === 1 ? `a kernel of ${size} in each tile` : `${count} kernels of ${size} in each tile`;
}

/** Which weight stands at a place of a tile, as a readout tells it. */
export function textOfPlace({ inputs, rows, columns, across, gap, isMean }: WeightTiles, y: number, x: number): string {
  const [down, along] = [Math.floor(y / (rows + gap)), Math.floor(x / (columns + gap))];
  const [row, column] = [y - down * (rows + gap), x - along * (columns + gap)];
  const input = down * across + along;
  if (row >= rows || column >= columns || (!isMean && input >= inputs)) return "between kernels";
  const place = rows * columns > 1 ? [`y ${row}`, `x ${column}`] : [];
  return [isMean ? "mean of all inputs" : `input ${input}`, ...place].join(" · ");
}
