// Weights and bias in the order that blocked kernels read them.
import type { Tensor } from "../../tensor.ts";
import { type PackedConstant, packLater } from "../operator.ts";

export interface Blocked {
  readonly groups: number;
  /** Per group. */
  readonly outChannels: number;
  /** Output channels per invocation. The last block of a group reaches back so that it is full. */
  readonly block: number;
}

/** Calls `visit` with every packed place, [group, block, channel within block], and the output channel it stands for. */
function forEachChannel({ groups, outChannels, block }: Blocked, visit: (place: number, channel: number) => void): void {
  let place = 0;
  for (let g = 0; g < groups; g++)
    for (let b = 0; b * block < outChannels; b++) {
      const first = g * outChannels + Math.min(b * block, outChannels - block);
      for (let o = 0; o < block; o++) visit(place++, first + o);
    }
}

/**
 * @param weight [groups · outChannels, perChannel], row-major
 * @param depth perChannel, or more: what is beyond is zero
 * @returns [group][channel block][depth][channel within block]
 */
export function packWeights(it: Blocked, weight: Tensor, perChannel: number, depth = perChannel): PackedConstant {
  const { groups, outChannels, block } = it;
  const length = groups * Math.ceil(outChannels / block) * block * depth;
  return packLater(`weights, ${groups}×${outChannels} in blocks of ${block}, ${depth} deep`, length, (data) => {
    const source = weight.toFloat32();
    forEachChannel(it, (place, channel) => {
      let to = Math.floor(place / block) * block * depth + (place % block);
      const end = (channel + 1) * perChannel;
      for (let from = end - perChannel; from < end; from++) {
        data[to] = source[from] as number;
        to += block;
      }
    });
  });
}

/** [group][channel block][channel within block]; zeros without a source. */
export function packBias(it: Blocked, source: Float32Array | undefined): PackedConstant {
  const { block } = it;
  const data = new Float32Array(it.groups * Math.ceil(it.outChannels / block) * block);
  if (source)
    forEachChannel(it, (place, channel) => {
      data[place] = source[channel] as number;
    });
  return { label: `bias, block ${block}`, data };
}
