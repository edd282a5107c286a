// Kernels for convolutions whose pipelines a step of training has anyway. The first step waits for every pipeline, and a block's pipeline takes longer to
// compile than many steps gain by it.
import { asClip } from "../../../shaders/activations.ts";
import type { WinogradTransform } from "../../../shaders/generate/winograd.ts";
import { sizeOf } from "../../shapes.ts";
import type { Candidate, ConvolutionCase } from "../convolution/case.ts";
import { type Multiplication, packTransformed, winogradBy } from "../convolution/winograd.ts";
import type { Target } from "../operator.ts";
import { costOfTiles, hasWholeBlock, tilesDispatch } from "./product-tiles.ts";

/** A pipeline of its own must be faster by so much, to be chosen. */
const worthCompiling = 1.25;

/**
 * Layers of fewer multiply-adds take the kernel of the quick start, which the model's own run has: a step is a few milliseconds longer at most. Not for
 * a single example, as a model's own run has it: whoever is offered every kernel there is has this part, too.
 */
const smallMacs = 2 ** 24;

export function sharingCandidates(conv: ConvolutionCase, target: Target, usual: readonly Candidate[]): Candidate[] {
  if (target.profile !== "software") return [...usual];
  const byTiles = winogradBy((transform, tiles) => multiplicationByTiles(conv, transform, tiles, target), conv, target);
  const quickStart = isSmall(conv) ? usual.filter(({ kernel }) => kernel.name === "tap by tap") : [];
  return [...usual, ...quickStart.map(({ kernel }) => ({ kernel, cost: 0 })), ...byTiles.map(named)];
}

/** And has an activation that the quick start has. */
function isSmall({ batch, groups, inChannels, outChannels, window, activation }: ConvolutionCase): boolean {
  const macs = batch * groups * inChannels * outChannels * sizeOf([...window.output, ...window.kernel]);
  return batch > 1 && macs < smallMacs && asClip(activation).kind === "clip";
}

function named({ kernel, cost }: Candidate): Candidate {
  return { kernel: { ...kernel, name: `${kernel.name} by tiles` }, cost: cost / worthCompiling };
}

/** Winograd's products by the kernel of Gemm and MatMul. U lies as [product][in channel][out channel]. */
function multiplicationByTiles(
  { inChannels, outChannels }: ConvolutionCase,
  transform: WinogradTransform,
  tiles: number,
  target: Target,
): Multiplication | undefined {
  const products = transform.patch ** 2;
  const product = {
    rows: outChannels,
    columns: tiles,
    depth: inChannels,
    aStrides: [1, outChannels],
    bStrides: [tiles, 1],
    batch: { extent: [products], aStrides: [inChannels * outChannels], bStrides: [inChannels * tiles] },
  } as const;
  if (!hasWholeBlock(product, target)) return undefined;
  const blocked = { groups: products, outChannels, block: outChannels };
  return {
    cost: costOfTiles(product, target),
    dispatch: (weight, transformed, multiplied) =>
      tilesDispatch(product, target, [packTransformed(inChannels, weight, transform, blocked, inChannels), transformed], multiplied),
  };
}
