// Explanations that take several runs, each of a changed picture: SmoothGrad, Integrated Gradients, occlusion.
import { ModelError } from "../../errors.ts";
import type { Graph, TypedGraph, ValueType } from "../../graph/graph.ts";
import { Tensor } from "../../tensor.ts";
import { checkCount, checkFinite } from "../check.ts";
import type { Draft, Explained } from "../draft.ts";
import { ablation, ablationCam } from "./ablation.ts";

/** What one run is given, by the operands' roles: a number, or one for each of several copies of the picture, [copies, 1, 1, 1]. */
export type Pass = Readonly<Record<string, number | readonly number[]>> & { readonly share?: number };

export interface SampledOptions {
  /** How many pictures are computed: SmoothGrad's noisy ones (16 by default), Integrated Gradients' steps (32). */
  readonly samples?: number | undefined;
  /** Of SmoothGrad: the noise's standard deviation, as a share of the range of the picture. By default 0.15. */
  readonly sigma?: number | undefined;
  /** What stands for nothing: Integrated Gradients begin there, and occlusion puts it over the picture. By default 0. */
  readonly baseline?: number | undefined;
  /** Of occlusion: the side of the patch in pixels. By default an eighth of the picture's shorter side. */
  readonly patch?: number | undefined;
  /**
   * Of occlusion and ablation: how many patches are covered, or channels taken away, in one run, each in a copy of its own. By default 16, or fewer
   * where values are large. Where a network takes one picture only, occlusion covers one patch in each run.
   */
  readonly batch?: number | undefined;
  /** Of class activation maps: keeps what speaks against the score, as below 0. By default maps hold what speaks for it alone. */
  readonly signed?: boolean | undefined;
  /** Begins SmoothGrad's noise. The same seed gives the same noise. By default 0. */
  readonly seed?: number | undefined;
}

export interface Sampled {
  readonly result: string;
  /** The runs of one explanation. The first decides which class has the highest score, where that is to be followed. */
  passes(followsTop: boolean): readonly Pass[];
  /** Σ weights · scores of a run, where that is told. */
  readonly score?: string;
}

export interface SampledSetting extends SampledOptions {
  /** Types a graph in the making. @throws NoBatchError where it cannot */
  readonly infer: (graph: Graph) => TypedGraph;
  readonly batch: number;
}

export interface SampledMethod {
  readonly result: "elements" | "map" | "channels";
  /** @throws NoBatchError where several copies of the value cannot be computed at once */
  readonly build: (draft: Draft, explained: Explained, value: string, setting: SampledSetting) => Sampled;
}

/** The mean of what the runs give: each counts by the share that it is given. A share of 0 leaves the mean as it is. */
function meanOf(draft: Draft, gradient: string, type: ValueType, value: string): string {
  const { emit } = draft;
  const share = draft.number("share", 0, value);
  const mean = draft.state("mean", type);
  const moved = emit.add(mean, emit.multiply(emit.subtract(gradient, mean), share));
  const next = draft.choose(share, gradient, moved);
  draft.update(mean, next);
  return next;
}

/** Smilkov et al. 2017: the mean gradient of pictures with noise added. */
const smoothgrad: SampledMethod = {
  result: "elements",
  build(draft, explained, value, { samples: wanted = 16, sigma = 0.15, seed = 0 }) {
    const samples = checkCount("samples", wanted);
    if (!Number.isInteger(seed)) throw new ModelError(`seed: ${String(seed)} is no whole number.`);
    if (!(sigma >= 0 && sigma < Number.POSITIVE_INFINITY)) throw new ModelError(`sigma: ${sigma} is no number from 0 up.`);
    const { emit } = draft;
    const type = emit.typeOf(value);
    const [width, sample] = [draft.number("sigma", sigma, value), draft.number("sample", 0, value)];
    const decide = draft.number("decide", 1, value);
    const noisy = draft.replace(value, () => {
      const range = emit.subtract(emit.node("ReduceMax", [value]), emit.node("ReduceMin", [value]));
      const noise = emit.own("Noise", [value, sample], { seed });
      return emit.add(value, emit.multiply(noise, emit.multiply(range, width)));
    });
    const { gradients } = draft.differentiate(explained, [noisy], { decide });
    return {
      result: meanOf(draft, gradients[0] as string, type, value),
      passes: (followsTop) => [
        ...(followsTop ? [{ decide: 1, sigma: 0, share: 0 }] : []),
        ...Array.from({ length: samples }, (_, i) => ({ decide: 0, sigma, sample: i, share: 1 / (i + 1) })),
      ],
    };
  },
};

/** Sundararajan et al. 2017: the difference from the baseline times the mean gradient on the way there. */
const integratedGradients: SampledMethod = {
  result: "elements",
  build(draft, explained, value, { samples: wanted = 32, baseline = 0 }) {
    const steps = checkCount("samples", wanted);
    checkFinite("baseline", baseline);
    const { emit } = draft;
    const type = emit.typeOf(value);
    const [base, alpha] = [draft.number("baseline", baseline, value), draft.number("alpha", 1, value)];
    const decide = draft.number("decide", 1, value);
    let difference = "";
    const between = draft.replace(value, () => {
      difference = emit.subtract(value, base);
      return emit.add(base, emit.multiply(difference, alpha));
    });
    const { seed, gradients } = draft.differentiate(explained, [between], { decide });
    return {
      result: draft.emit.multiply(meanOf(draft, gradients[0] as string, type, value), difference),
      score: scoreOf(draft, explained.value, seed),
      passes: (followsTop) => [
        ...(followsTop ? [{ decide: 1, alpha: 1, share: 0 }] : []),
        ...Array.from({ length: steps }, (_, i) => ({ decide: 0, alpha: (i + 0.5) / steps, share: 1 / (i + 1) })),
      ],
    };
  },
};

/** Σ weights · scores, for each picture of a batch: [n, 1, …]. */
function scoreOf({ emit }: Draft, scores: string, seed: string): string {
  const axes = emit.typeOf(scores).shape.map((_, axis) => axis);
  // What has one axis has no batch.
  return emit.sum(emit.multiply(seed, scores), axes.length > 1 ? axes.slice(1) : axes);
}

/**
 * Zeiler and Fergus 2014: how far the score falls while a patch of the picture is covered. A run computes a batch of copies, each with another patch
 * covered; or the picture itself with one.
 */
const occlusion: SampledMethod = {
  result: "map",
  build(draft, explained, value, { baseline = 0, patch: wanted, batch: copies, infer }) {
    const { dtype, shape } = draft.emit.typeOf(value);
    if (shape.length !== 4) throw new ModelError(`'${value}' has no rows and columns, so nothing of it can be covered.`);
    const [pictures, , height, width] = shape as readonly [number, number, number, number];
    checkFinite("baseline", baseline);
    const patch = checkCount("patch", wanted ?? Math.ceil(Math.min(height, width) / 8));
    const states = [{ row: height, column: width }, ...cornersOf(height, width, patch)];
    const most = Math.min(checkCount("batch", copies), states.length);
    const batch = pictures === 1 && draft.emit.shapeOf(explained.value).length > 1 ? most : 1;
    const base = draft.number("baseline", baseline, value);
    const decide = draft.number("decide", 1, value);
    const covered = coveredOf(draft, value, patch, batch);
    const cover = () => draft.emit.where(covered, base, value);
    if (batch === 1) draft.replace(value, cover);
    const scores = batch === 1 ? explained.value : draft.copyWithBatch(value, explained.value, batch, cover(), infer);
    // In the first run nothing of the first copy is covered.
    const first = batch === 1 ? scores : draft.firstOf(scores);
    const seed = draft.seed({ ...explained, value: first }, decide);
    const { emit } = draft;
    const scoreOfEach = (of: string, count: number) => emit.reshape(scoreOf(draft, of, seed), [count, 1, 1, 1]);
    const whole = draft.state("whole", { dtype, shape: [pictures, 1, 1, 1] });
    const before = draft.choose(decide, scoreOfEach(first, pictures), whole);
    draft.update(whole, before);
    const drops = emit.where(covered, emit.subtract(before, scoreOfEach(scores, batch * pictures)), emit.number(0, value));
    const heat = draft.state("heat", { dtype, shape: [pictures, 1, height, width] });
    // No two copies cover the same place.
    const ofAll = (each: string) => (batch === 1 ? each : emit.sum(each, [0]));
    const isFound = emit.node("Greater", [ofAll(emit.castTo(covered, dtype)), emit.number(0.5, value)]);
    const next = emit.where(isFound, ofAll(drops), heat);
    draft.update(heat, next);
    return { result: next, passes: () => passesOver(states, batch) };
  },
};

/** Where a patch begins. */
interface Corner {
  readonly row: number;
  readonly column: number;
}

function cornersOf(height: number, width: number, patch: number): readonly Corner[] {
  const starts = (extent: number) => Array.from({ length: Math.ceil(extent / patch) }, (_, i) => i * patch);
  return starts(height).flatMap((row) => starts(width).map((column) => ({ row, column })));
}

/** So many corners in each run. The last run has the first, which covers nothing, in place of those that there are not. */
function passesOver(corners: readonly Corner[], batch: number): readonly Pass[] {
  return Array.from({ length: Math.ceil(corners.length / batch) }, (_, run) => {
    const own = Array.from({ length: batch }, (_, i) => corners[run * batch + i] ?? (corners[0] as Corner));
    return { decide: run === 0 ? 1 : 0, row: own.map(({ row }) => row), column: own.map(({ column }) => column) };
  });
}

/** Whether a place lies in the patch that a copy lacks: [batch, 1, height, width]. */
function coveredOf(draft: Draft, value: string, patch: number, batch: number): string {
  const { emit } = draft;
  const { dtype, shape } = emit.typeOf(value);
  const inside = [2, 3].map((axis) => {
    const extent = shape[axis] as number;
    const start = draft.operand(axis === 2 ? "row" : "column", Tensor.filled(dtype, [batch, 1, 1, 1], extent));
    const places = emit.counting(
      dtype,
      shape.map((_, other) => (other === axis ? extent : 1)),
    );
    const at = emit.subtract(places, start);
    return emit.node("And", [
      emit.node("Greater", [at, emit.number(-0.5, value)]),
      emit.node("Less", [at, emit.number(patch - 0.5, value)]),
    ]);
  });
  return emit.node("And", inside);
}

export const sampledMethods = {
  smoothgrad,
  "integrated-gradients": integratedGradients,
  occlusion,
  ablation,
  "ablation-cam": ablationCam,
} as const satisfies Readonly<Record<string, SampledMethod>>;
