// Weights and bias in the order that blocked kernels read them.
import { denseStrides, sizeOf } from "../../shapes.ts";
import type { Packed, Packing, PackingMove, PlacedOperand, Table } from "../operator.ts";

export interface Blocked {
  readonly groups: number;
  /** Per group. */
  readonly outChannels: number;
  /** Output channels per invocation. The last block of a group starts earlier, so that it is full: 10 channels in blocks of 4 start at 0, 4 and 6. */
  readonly block: number;
}

/** A run of blocks of equal size, which lie side by side both in the source and in the packed form. */
export interface BlockRun {
  readonly count: number;
  readonly firstBlock: number;
  /** Output channel of its group that the first block starts with. */
  readonly firstChannel: number;
}

/** The blocks of a group as runs: all full ones, then the last one where it starts earlier. */
export function blockRuns({ outChannels, block }: Blocked): readonly BlockRun[] {
  const full = Math.floor(outChannels / block);
  const runs = [{ count: full, firstBlock: 0, firstChannel: 0 }];
  if (full * block < outChannels) runs.push({ count: 1, firstBlock: full, firstChannel: outChannels - block });
  return runs;
}

/**
 * @param source [groups · outChannels, perChannel]
 * @param depth perChannel, or more: what is beyond is zero
 * @returns [group][channel block][depth][channel within block]
 */
export function packWeights(blocked: Blocked, source: PlacedOperand, perChannel: number, depth = perChannel): Packed {
  const { groups, outChannels, block } = blocked;
  const blocks = Math.ceil(outChannels / block);
  const moves = blockRuns(blocked).map(
    ({ count, firstBlock, firstChannel }): PackingMove => ({
      shape: [groups, count, block, perChannel],
      from: { offset: firstChannel * perChannel, strides: [outChannels * perChannel, block * perChannel, perChannel, 1] },
      to: { offset: firstBlock * depth * block, strides: [blocks * depth * block, depth * block, 1, block] },
    }),
  );
  const label = `weights, ${groups}×${outChannels} in blocks of ${block}, ${depth} deep`;
  return { source, packing: { label, length: groups * blocks * block * depth, moves } };
}

/** [group][channel block][channel within block]; zeros without a source. */
export function packBias(blocked: Blocked, source: PlacedOperand | undefined): Packed | Table {
  const { groups, outChannels, block } = blocked;
  const blocks = Math.ceil(outChannels / block);
  const length = groups * blocks * block;
  if (!source) return { label: "no bias", data: new Float32Array(length) };
  if (length === groups * outChannels) return exactly(source);
  const moves = blockRuns(blocked).map(
    ({ count, firstBlock, firstChannel }): PackingMove => ({
      shape: [groups, count, block],
      from: { offset: firstChannel, strides: [outChannels, block, 1] },
      to: { offset: firstBlock * block, strides: [blocks * block, block, 1] },
    }),
  );
  return { source, packing: { label: `bias, ${groups}×${outChannels} in blocks of ${block}`, length, moves, isExact: true } };
}

/** A bias in the order of the channels; zeros without a source. */
export function biasOf(channels: number, source: PlacedOperand | undefined): Packed | Table {
  return packBias({ groups: 1, outChannels: channels, block: 1 }, source);
}

/** The elements as they are, in 32 bits also where other constants are stored in halves. */
export function exactly(source: PlacedOperand): Packed {
  const length = sizeOf(source.shape);
  const dense = { offset: 0, strides: denseStrides([length]) };
  const packing: Packing = {
    label: "in the order of the file",
    length,
    moves: [{ shape: [length], from: dense, to: dense }],
    isExact: true,
  };
  return { source, packing };
}
