// Weights and bias in the order that blocked kernels read them.
import type { PackedConstant } from "../operator.ts";

export interface Blocked {
  readonly groups: number;
  /** Per group. */
  readonly outChannels: number;
  /** Output channels per invocation. The last block of a group reaches back so that it is full. */
  readonly block: number;
}

/** The packed place of every output channel of every block: [group, block, channel within block] and the channel it stands for. */
function* blockChannels({ groups, outChannels, block }: Blocked): Iterable<{ place: number; channel: number }> {
  const blocks = Math.ceil(outChannels / block);
  for (let g = 0; g < groups; g++)
    for (let b = 0; b < blocks; b++)
      for (let o = 0; o < block; o++) {
        const first = Math.min(b * block, outChannels - block);
        yield { place: (g * blocks + b) * block + o, channel: g * outChannels + first + o };
      }
}

/**
 * @param source [groups · outChannels, perChannel], row-major
 * @returns [group][channel block][perChannel][channel within block]
 */
export function packWeights(it: Blocked, source: Float32Array, perChannel: number): PackedConstant {
  const { block } = it;
  const data = new Float32Array(it.groups * Math.ceil(it.outChannels / block) * block * perChannel);
  for (const { place, channel } of blockChannels(it)) {
    const to = Math.floor(place / block) * block * perChannel + (place % block);
    for (let k = 0; k < perChannel; k++) data[to + k * block] = source[channel * perChannel + k] as number;
  }
  return { label: `weights, block ${block}`, data };
}

/** [group][channel block][channel within block]; zeros without a source. */
export function packBias(it: Blocked, source: Float32Array | undefined): PackedConstant {
  const { block } = it;
  const data = new Float32Array(it.groups * Math.ceil(it.outChannels / block) * block);
  for (const { place, channel } of blockChannels(it)) data[place] = source?.[channel] ?? 0;
  return { label: `bias, block ${block}`, data };
}
