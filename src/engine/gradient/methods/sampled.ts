// Explanations that take several runs, each of a changed picture: SmoothGrad, Integrated Gradients, occlusion.
import { ModelError } from "../../errors.ts";
import type { ValueType } from "../../graph/graph.ts";
import { checkCount, checkFinite } from "../check.ts";
import type { Draft, Explained } from "../draft.ts";
import { ablation, ablationCam } from "./ablation.ts";

/** What one run is given, by the operands' roles. */
export type Pass = Readonly<Record<string, number>>;

export interface SampledOptions {
  /** How many pictures are computed: SmoothGrad's noisy ones (16 by default), Integrated Gradients' steps (32). */
  readonly samples?: number | undefined;
  /** Of SmoothGrad: the noise's standard deviation, as a share of the range of the picture. By default 0.15. */
  readonly sigma?: number | undefined;
  /** What stands for nothing: Integrated Gradients begin there, and occlusion puts it over the picture. By default 0. */
  readonly baseline?: number | undefined;
  /** Of occlusion: the side of the patch in pixels. By default an eighth of the picture's shorter side. */
  readonly patch?: number | undefined;
  /** Of ablation: how many channels are taken away in one run. By default 16. */
  readonly batch?: number | undefined;
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

export interface SampledMethod {
  readonly result: "elements" | "map" | "channels";
  readonly build: (draft: Draft, explained: Explained, value: string, options: SampledOptions) => Sampled;
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
      score: scoreOf(draft, explained, seed),
      passes: (followsTop) => [
        ...(followsTop ? [{ decide: 1, alpha: 1, share: 0 }] : []),
        ...Array.from({ length: steps }, (_, i) => ({ decide: 0, alpha: (i + 0.5) / steps, share: 1 / (i + 1) })),
      ],
    };
  },
};

/** Σ weights · scores, for each picture of a batch: [n, 1, …]. */
function scoreOf({ emit }: Draft, { value }: Explained, seed: string): string {
  const axes = emit.typeOf(value).shape.map((_, axis) => axis);
  // What has one axis has no batch.
  return emit.sum(emit.multiply(seed, value), axes.length > 1 ? axes.slice(1) : axes);
}

/** Zeiler and Fergus 2014: how far the score falls while a patch of the picture is covered. */
const occlusion: SampledMethod = {
  result: "map",
  build(draft, explained, value, { baseline = 0, patch: wanted }) {
    const { dtype, shape } = draft.emit.typeOf(value);
    if (shape.length !== 4) throw new ModelError(`'${value}' has no rows and columns, so nothing of it can be covered.`);
    const [batch, , height, width] = shape as readonly [number, number, number, number];
    checkFinite("baseline", baseline);
    const patch = checkCount("patch", wanted ?? Math.ceil(Math.min(height, width) / 8));
    const base = draft.number("baseline", baseline, value);
    const decide = draft.number("decide", 1, value);
    const corner = [draft.number("row", height, value), draft.number("column", width, value)] as const;
    const { emit } = draft;
    const places = [emit.counting(dtype, [1, 1, height, 1]), emit.counting(dtype, [1, 1, 1, width])] as const;
    /** 1 where rows, or columns, lie in the patch, else 0. */
    const inside = corner.map((start, axis) => {
      const at = emit.subtract(places[axis] as string, start);
      const isIn = (condition: string) => emit.castTo(condition, dtype);
      return emit.multiply(
        isIn(emit.node("Greater", [at, emit.number(-0.5, value)])),
        isIn(emit.node("Less", [at, emit.number(patch - 0.5, value)])),
      );
    });
    const covered = emit.multiply(inside[0] as string, inside[1] as string);
    draft.replace(value, () => emit.where(emit.node("Greater", [covered, emit.number(0.5, value)]), base, value, value));
    const score = scoreOf(draft, explained, draft.seed(explained, decide));
    const scoreType: ValueType = { dtype, shape: shape.map((extent, axis) => (axis === 0 ? extent : 1)) };
    const here = emit.reshape(score, scoreType.shape);
    const whole = draft.state("whole", scoreType);
    const before = draft.choose(decide, here, whole);
    draft.update(whole, before);
    const heat = draft.state("heat", { dtype, shape: [batch, 1, height, width] });
    const isCovered = emit.node("Greater", [covered, emit.number(0.5, value)]);
    const next = emit.where(isCovered, emit.subtract(before, here), heat, value);
    draft.update(heat, next);
    const corners = (extent: number) => Array.from({ length: Math.ceil(extent / patch) }, (_, i) => i * patch);
    return {
      result: next,
      // The first run covers nothing.
      passes: () => [
        { decide: 1, row: height, column: width },
        ...corners(height).flatMap((row) => corners(width).map((column) => ({ decide: 0, row, column }))),
      ],
    };
  },
};

export const sampledMethods = {
  smoothgrad,
  "integrated-gradients": integratedGradients,
  occlusion,
  ablation,
  "ablation-cam": ablationCam,
} as const satisfies Readonly<Record<string, SampledMethod>>;
