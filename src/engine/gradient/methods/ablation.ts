// What a layer's channels are worth, told by taking each away: the part of the network behind the layer runs once more for a batch of copies, each
// with another channel at 0.
import { ModelError } from "../../errors.ts";
import type { ValueType } from "../../graph/graph.ts";
import { checkCount } from "../check.ts";
import type { Draft, Explained } from "../draft.ts";
import type { Emitter } from "../emitter.ts";
import type { SampledMethod, SampledSetting } from "./sampled.ts";

/** How far the score falls without each channel: [1, channels]. */
function build(draft: Draft, explained: Explained, value: string, { batch: wanted, infer }: SampledSetting) {
  const { dtype, shape } = draft.emit.typeOf(value);
  const [pictures = 1, channels = 1, ...places] = shape;
  if (pictures !== 1) throw new ModelError(`the model takes ${pictures} pictures at once; channels are taken away for one only.`);
  const batch = Math.min(checkCount("batch", wanted), channels);
  const first = draft.number("first", 0, value);
  const lacks = lackingOf(draft.emit, { dtype, shape: [batch, channels] }, first);
  const kept = draft.emit.reshape(draft.emit.subtract(draft.emit.number(1, value), lacks), [batch, channels, ...places.map(() => 1)]);
  const scores = draft.copyWithBatch(value, explained.value, batch, draft.emit.multiply(value, kept), infer);
  const seed = draft.seed(explained);
  const { emit } = draft;
  const rest = emit
    .typeOf(explained.value)
    .shape.map((_, axis) => axis)
    .slice(1);
  const scoreOf = (one: string, count: number) => emit.reshape(emit.sum(emit.multiply(seed, one), rest), [count]);
  const drops = emit.subtract(scoreOf(explained.value, 1), scoreOf(scores, batch));
  const found = emit.node("MatMul", [emit.reshape(drops, [1, batch]), lacks]);
  const state = draft.state("drops", { dtype, shape: [1, channels] });
  const isTold = emit.node("Greater", [emit.sum(lacks, [0]), emit.number(0.5, value)]);
  const next = emit.where(isTold, found, state);
  draft.update(state, next);
  const runs = Math.ceil(channels / batch);
  return { drops: next, whole: scoreOf(explained.value, 1), passes: () => Array.from({ length: runs }, (_, i) => ({ first: i * batch })) };
}

/** [batch, channels]: 1 where a copy lacks the channel, else 0. @param first the channel that the first copy lacks */
function lackingOf(emit: Emitter, { dtype, shape }: ValueType, first: string): string {
  const [batch = 1, channels = 1] = shape;
  const distance = emit.node("Abs", [
    emit.subtract(emit.subtract(emit.counting(dtype, [1, channels]), first), emit.counting(dtype, [batch, 1])),
  ]);
  return emit.castTo(emit.node("Less", [distance, emit.number(0.5, first)]), dtype);
}

/** Morcos et al. 2018 rank units so: how far the score falls without each channel. */
export const ablation: SampledMethod = {
  result: "channels",
  build(draft, explained, value, setting) {
    const { drops, passes } = build(draft, explained, value, setting);
    return { result: drops, passes };
  },
};

/** Desai and Ramaswamy 2020: relu(Σ A · the share of the score that is gone without the channel). */
export const ablationCam: SampledMethod = {
  result: "map",
  build(draft, explained, value, setting) {
    const { drops, whole, passes } = build(draft, explained, value, setting);
    const { emit } = draft;
    const { shape } = emit.typeOf(value);
    const shares = emit.reshape(
      emit.quotient(drops, whole, value),
      shape.map((extent, axis) => (axis < 2 ? extent : 1)),
    );
    const both = emit.sum(emit.multiply(shares, value), [1]);
    return { result: setting.signed ? both : emit.node("Relu", [both]), passes };
  },
};
