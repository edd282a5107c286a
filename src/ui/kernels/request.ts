// What is asked of a layer's kernels, and what is answered.

/** Of several input channels those whose weights are seen: each kernel's strongest, the mean of all, or one by its number. */
export type InputChoice = "strongest" | "mean" | number;

export interface KernelsQuery {
  readonly kind: "kernels";
  /** Of the layer. */
  readonly value: string;
  /** By default colours where the layer reads a picture in colour, else "strongest". */
  readonly input?: InputChoice | undefined;
}

/** What a tile shows: a filter in colours, all that there is, weights of one input channel, the mean over all, or one weight for each. */
export type KernelPick = "colors" | "only" | "strongest" | "mean" | "one" | "all";

export interface Kernels {
  /** The node that has the weights, and what these are called: `ask({ kind: "value", value: weight })` answers all of them. */
  readonly node: string;
  readonly operator: string;
  readonly weight: string;
  readonly shape: readonly number[];
  readonly pick: KernelPick;
  /** Whether the layer reads the picture. */
  readonly isPicture: boolean;
  /** Output channels, of which the first are here: as many as there are tiles in `numbers`. */
  readonly outputs: number;
  /** Input channels that each output channel reads. */
  readonly inputs: number;
  /** [tiles, planes, rows, columns]; NaN where a tile of all inputs has no more. */
  readonly numbers: Float32Array;
  readonly tiles: number;
  /** 3 for colours. */
  readonly planes: number;
  readonly rows: number;
  readonly columns: number;
  /** The input channel of each tile, where it is of one. */
  readonly channels?: readonly number[] | undefined;
  /** The largest size among the numbers. */
  readonly largest: number;
}
