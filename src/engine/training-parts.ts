// What only some trainings take, as one part of the program that a trainer loads when it is asked for.
import type { DerivedExecution } from "./derived.ts";
import { DeviceError, fewOf, ModelError } from "./errors.ts";
import { encodeNetwork } from "./export.ts";
import { countsResult, scaleResult } from "./gradient/training/modes.ts";
import { gradientResultOf, type KeptGradients } from "./gradient/training/training.ts";
import type { Parameter, Parameters } from "./parameters.ts";
import { sameShape } from "./shapes.ts";
import { type ModelSource, readModel } from "./source.ts";
import { isFloat, type Tensor, toGpuWords } from "./tensor.ts";
import type { Trainer } from "./trainer.ts";

export { planOf } from "./gradient/training/options.ts";
export { PieceRunner } from "./pieces.ts";
export { fit } from "./training-fit.ts";

/** By what the next loss is multiplied, and how many steps were not taken. @param results of the training's graph */
export async function readScale(results: ReadonlyMap<string, string>, execution: DerivedExecution) {
  if (!results.has(scaleResult)) return { scale: 1, skipped: 0 };
  const { [scaleResult]: scales, [countsResult]: counts } = await execution.read([scaleResult, countsResult]);
  return { scale: scales?.toNumbers()[0] as number, skipped: counts?.toNumbers()[1] as number };
}

function checkAlive({ isDisposed }: Pick<Trainer, "isDisposed">): void {
  if (isDisposed) throw new DeviceError("This trainer was disposed of. Make another one.");
}

/** @throws ModelError for parameters that do not learn */
export async function keepGradients(names: readonly string[], trainer: Trainer, kept: KeptGradients): Promise<void> {
  checkAlive(trainer);
  const { parameters, running } = trainer;
  const unknown = names.find((name) => !parameters.includes(name));
  if (unknown !== undefined) throw new ModelError(`'${unknown}' does not learn, so it has no gradient. There are ${fewOf(parameters)}.`);
  const write: KeptGradients["write"] = (trained, gradientOf, results) =>
    trained.forEach((name, i) => {
      if (names.includes(name)) results.set(gradientResultOf(name), gradientOf(i));
    });
  const wanted = [...new Set(names)].sort();
  if (JSON.stringify(wanted) === JSON.stringify(kept.names ?? [])) return;
  const before = { ...kept };
  Object.assign(kept, { names: wanted, write: names.length > 0 ? write : undefined });
  try {
    await running.replan();
  } catch (error) {
    // What runs is as it was, unless another call has asked for others meanwhile.
    if (kept.names === wanted) Object.assign(kept, { names: [], write: undefined }, before);
    throw error;
  }
}

/** What a checkpoint tells besides its tensors. */
interface Told {
  readonly steps: number;
  readonly rate: number;
}

/** What the optimiser remembers bears such names in a checkpoint. Its graph's own names begin otherwise, as those of explanations do. */
const besideName = (name: string) => `training: ${name.replace(/^explanation /, "")}`;
const metadataKey = "training";

/** How the GPU holds it. */
const onGpu = ({ dtype }: Parameter) => (isFloat(dtype) ? "float32" : dtype);

/** The states of the training last from step to step, and are called alike for the same options. */
export async function encodeCheckpoint(
  { network, list }: Parameters,
  { states }: DerivedExecution,
  trainer: Told & Pick<Trainer, "isDisposed">,
): Promise<Uint8Array<ArrayBuffer>> {
  if (network.isDisposed) throw new DeviceError(network.refusal);
  checkAlive(trainer);
  const { steps, rate } = trainer;
  // The file stores these rounded.
  const rounded = list.filter(({ dtype }) => dtype !== "float32").map((one) => [one.name, one] as const);
  const values = new Map<string, Parameter>(
    [...states, ...rounded].map(([name, value]) => [besideName(name), { ...value, dtype: onGpu(value) }]),
  );
  const metadata = new Map([[metadataKey, JSON.stringify({ steps, rate })]]);
  return encodeNetwork(network, list, { values, metadata }) as Promise<Uint8Array<ArrayBuffer>>;
}

/** @throws ModelError where the checkpoint is of something else; nothing is changed then */
export async function restoreCheckpoint(parameters: Parameters, { states, running }: DerivedExecution, source: ModelSource): Promise<Told> {
  checkAlive(running);
  const file = await readModel(source);
  const told = JSON.parse(file.metadata.get(metadataKey) ?? "{}") as Partial<Told>;
  const { steps, rate } = told;
  if (steps === undefined || rate === undefined)
    throw new ModelError("restore: the file has no steps and moments. It takes what checkpoint() gave; setParameters takes weights alone.");
  const found = Array.from(states, ([name, state]) => {
    const { name: own, shape } = state;
    const dtype = onGpu(state);
    const tensor = file.initializers.get(besideName(name));
    if (tensor?.dtype === dtype && sameShape(tensor.shape, shape)) return [own, tensor] as const;
    const what = tensor ? `has another '${besideName(name)}'` : `has no '${besideName(name)}'`;
    throw new ModelError(`restore: the checkpoint ${what}, expected ${dtype} [${shape.join(", ")}]. Make the trainer with its options.`);
  });
  const exact = parameters.list.flatMap(({ name }): (readonly [string, Tensor])[] => {
    const tensor = file.initializers.get(besideName(name));
    return tensor ? [[name, tensor]] : [];
  });
  await parameters.set(file, {});
  if (exact.length > 0) await parameters.set(Object.fromEntries(exact), {});
  const { network } = parameters;
  for (const [name, tensor] of found) network.parameters.write(name, toGpuWords(tensor));
  return { steps, rate };
}
