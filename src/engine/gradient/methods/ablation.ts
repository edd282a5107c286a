// What a layer's channels are worth, told by taking each away: the part of the network behind the layer runs once more for a batch of copies, each
// with another channel at 0.
import { ModelError } from "../../errors.ts";
import { checkCount } from "../check.ts";
import type { Draft, Explained } from "../draft.ts";
import type { SampledMethod } from "./sampled.ts";

/** How many channels are taken away in one run, unless there are fewer. */
const usualBatch = 16;

/** How far the score falls without each channel: [1, channels]. */
function build(draft: Draft, explained: Explained, value: string, wantedBatch = usualBatch) {
  const { dtype, shape } = draft.emit.typeOf(value);
  const [pictures = 1, channels = 1, ...places] = shape;
  if (pictures !== 1) throw new ModelError(`the model takes ${pictures} pictures at once; channels are taken away for one only.`);
  const batch = Math.min(checkCount("batch", wantedBatch), channels);
  const { emit } = draft;
  const first = draft.number("first", 0, value);
  // [batch, channels]: 1 where a copy lacks the channel.
  const distance = emit.node("Abs", [
    emit.subtract(emit.subtract(emit.counting(dtype, [1, channels]), first), emit.counting(dtype, [batch, 1])),
  ]);
  const lacks = emit.castTo(emit.node("Less", [distance, emit.number(0.5, value)]), dtype);
  const kept = emit.reshape(emit.subtract(emit.number(1, value), lacks), [batch, channels, ...places.map(() => 1)]);
  const scores = draft.copyWithBatch(value, explained.value, batch, emit.multiply(value, kept));
  const seed = draft.seed(explained);
  const rest = draft.emit
    .typeOf(explained.value)
    .shape.map((_, axis) => axis)
    .slice(1);
  const scoreOf = (one: string, count: number) => emit.reshape(emit.sum(emit.multiply(seed, one), rest), [count]);
  const drops = emit.subtract(scoreOf(explained.value, 1), scoreOf(scores, batch));
  const found = emit.node("MatMul", [emit.reshape(drops, [1, batch]), lacks]);
  const state = draft.state("drops", { dtype, shape: [1, channels] });
  const isTold = emit.node("Greater", [emit.sum(lacks, [0]), emit.number(0.5, value)]);
  const next = emit.where(isTold, found, state, value);
  draft.update(state, next);
  const runs = Math.ceil(channels / batch);
  return { drops: next, whole: scoreOf(explained.value, 1), passes: () => Array.from({ length: runs }, (_, i) => ({ first: i * batch })) };
}

/** Morcos et al. 2018 rank units so: how far the score falls without each channel. */
export const ablation: SampledMethod = {
  result: "channels",
  build(draft, explained, value, { batch }) {
    const { drops, passes } = build(draft, explained, value, batch);
    return { result: drops, passes };
  },
};

/** Desai and Ramaswamy 2020: relu(Σ A · the share of the score that is gone without the channel). */
export const ablationCam: SampledMethod = {
  result: "map",
  build(draft, explained, value, { batch }) {
    const { drops, whole, passes } = build(draft, explained, value, batch);
    const { emit } = draft;
    const { shape } = emit.typeOf(value);
    const shares = emit.reshape(
      emit.quotient(drops, whole, value),
      shape.map((extent, axis) => (axis < 2 ? extent : 1)),
    );
    return { result: emit.node("Relu", [emit.sum(emit.multiply(shares, value), [1])]), passes };
  },
};
