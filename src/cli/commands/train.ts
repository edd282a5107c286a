// `convcam train`: trains a network on labelled pictures, and writes it as an .onnx file.
import { createWriteStream } from "node:fs";
import { type Command, Option } from "commander";
import { buildGraph, networks } from "../../../models/index.ts";
import type { BytesSet } from "../../data-sets/data-set.ts";
import { Order } from "../../data-sets/order.ts";
import { ModelError } from "../../engine/errors.ts";
import { type OptimizerName, optimizerNames } from "../../engine/gradient/training/optimizers.ts";
import type { Graph } from "../../engine/graph/graph.ts";
import { loadModel, type Model } from "../../engine/model.ts";
import { Trainer } from "../../engine/trainer.ts";
import { evaluateOn } from "../evaluate.ts";
import { readModelFile } from "../model-file.ts";
import { requestNodeDevice } from "../node-device.ts";
import { checkOutput, outliveReaders, writeOutput } from "../output.ts";
import { line } from "../printable.ts";
import { hasTestPart, pictureOf, readDataSet } from "../training-data.ts";
import { parseCount, parseDivisors, parseList, parseNumber, parseRegularExpression } from "../usage.ts";

interface Options {
  readonly data: string;
  readonly out: string;
  readonly batch: number;
  readonly steps?: number;
  readonly epochs?: number;
  readonly optimizer: OptimizerName;
  readonly lr?: number;
  readonly momentum?: number;
  readonly weightDecay: number;
  readonly clip?: number;
  readonly shuffle: boolean;
  readonly freeze?: RegExp;
  readonly seed: number;
  readonly init: "file" | "blank";
  readonly log?: string;
  readonly saveEvery?: number;
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

export function addTrain(program: Command): void {
  program
    .command("train")
    .summary("train a network on labelled pictures")
    .description(
      "Trains a classifier on labelled pictures, on the GPU, and writes it as an .onnx file. Data is idx:DIR, a folder with MNIST's four files, or folder:DIR, a folder of pictures for each class (or DIR/train and DIR/test with such folders).",
    )
    .argument("<model>", `an .onnx file, or one of ${Object.keys(networks).join(", ")}`)
    .requiredOption("--data <source>", "idx:DIR or folder:DIR")
    .requiredOption("--out <file.onnx>", "where to write what was learned")
    .option("--batch <count>", "examples in a step", parseCount(1), 32)
    .option("--steps <count>", "how many steps (default: one epoch)", parseCount(1))
    .option("--epochs <count>", "how often each example is seen", parseCount(1))
    .addOption(new Option("--optimizer <name>", "how steps are taken").choices(optimizerNames).default("sgd"))
    .option("--lr <rate>", "learning rate (default: 0.01 for sgd and adagrad, 0.001 for adam and adamw)", parseNumber)
    .option("--momentum <share>", "of sgd (default: 0.9)", parseNumber)
    .option("--weight-decay <share>", "how much of weights is taken off with each step", parseNumber, 0)
    .option("--clip <length>", "shorten gradients that are longer, all together", parseNumber)
    .option("--no-shuffle", "see examples in the order of the files")
    .option("--freeze <regex>", "keep parameters whose names match as they are", parseRegularExpression)
    .option("--seed <number>", "the same seed gives the same network on the same device", parseCount(0), 0)
    .addOption(new Option("--init <how>", "begin with the file's weights, or blank ones").choices(["file", "blank"]).default("file"))
    .option("--log <file.csv>", "write a line for each step")
    .option("--save-every <steps>", "write a checkpoint beside FILE.onnx after so many steps, FILE-STEP.onnx", parseCount(1))
    .option("--mean <numbers>", "subtracted from pixels in 0…1, per channel", parseList, [0])
    .option("--std <numbers>", "divides last, per channel", parseDivisors, [1])
    .action(train);
}

/** A network of our own by its name, or a file. */
async function readNetwork(name: string, seed: number): Promise<Graph> {
  return Object.hasOwn(networks, name) ? buildGraph(name, { seed }) : readModelFile(name);
}

async function train(name: string, options: Options): Promise<void> {
  const { data, out, batch, optimizer, lr: rate, momentum, weightDecay, clip, shuffle, freeze, seed, init, mean, std } = options;
  if (options.steps !== undefined && options.epochs !== undefined) throw new ModelError("--steps and --epochs: give one of them.");
  if (momentum !== undefined && optimizer !== "sgd") throw new ModelError(`--momentum is sgd's; ${optimizer} has none.`);
  for (const path of [out, options.log]) if (path !== undefined) await checkOutput(path);
  outliveReaders();
  const graph = await readNetwork(name, seed);
  const picture = pictureOf(graph);
  const set = await readDataSet(data, "train", { picture, mean, std });
  const steps = options.steps ?? Math.ceil(((options.epochs ?? 1) * set.length) / batch);
  const { classSizes } = set;
  const sizes = set.classes.slice(0, 20).map((one, i) => `${one} ${classSizes[i]}`);
  console.log(
    line`${String(set.length)} examples (${sizes.join(", ")}${set.classes.length > 20 ? ", …" : ""}), ${String(steps)} steps of ${String(batch)}`,
  );
  const device = await requestNodeDevice();
  try {
    const model = await loadModel(device, graph, { parameters: true });
    if (init === "blank") await model.reinitialize(seed);
    const names = model.parameters.map((parameter) => parameter.name);
    if (freeze && !names.some((one) => freeze.test(one)))
      throw new ModelError(
        `--freeze ${freeze.source}: no parameter has such a name. There are ${names.slice(0, 8).join(", ")}${names.length > 8 ? ", …" : ""}.`,
      );
    const trainer = await Trainer.make(model, {
      batch,
      seed,
      clipNorm: clip,
      optimizer: { name: optimizer, rate, momentum, weightDecay },
      frozen: freeze && ((parameter) => freeze.test(parameter)),
    });
    checkClasses(await trainer.readScores(), set);
    await run(trainer, model, set, { ...options, steps, order: new Order(set.length, seed, shuffle) });
    await writeOutput(out, await model.toOnnx());
    console.log(line`written to ${out}`);
    trainer.dispose();
    if (hasTestPart(data)) {
      const { accuracy, loss, count } = await evaluateOn(model, await readDataSet(data, "test", { picture, mean, std }));
      console.log(`${(100 * accuracy).toFixed(2)} % of ${count} test examples are right, loss ${loss.toFixed(4)}`);
    }
    model.dispose();
  } finally {
    device.dispose();
  }
}

function checkClasses({ shape }: { readonly shape: readonly number[] }, { classes }: BytesSet): void {
  const count = shape[1] ?? 1;
  if (classes.length > count) throw new ModelError(`the data has ${classes.length} classes, but the model has ${count} scores.`);
}

interface Run extends Options {
  readonly steps: number;
  readonly order: Order;
}

/** How many losses are read back at once: a step waits for none of them, and the GPU for no step. */
const mostPending = 8;

/** Takes all steps, or those until somebody interrupts it (Ctrl+C), and logs each. */
async function run(trainer: Trainer, model: Model, set: BytesSet, { steps, order, batch, out, saveEvery, log }: Run): Promise<void> {
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  process.once("SIGINT", interrupt);
  const file = log === undefined ? undefined : createWriteStream(log);
  file?.write("step,loss,rate,seconds\n");
  const pending: Promise<void>[] = [];
  const last: number[] = [];
  const begun = performance.now();
  let shown = begun;
  const seconds = () => (performance.now() - begun) / 1000;
  /** Losses arrive in the order of the steps. */
  const hear = (step: number, loss: number, rate: number): void => {
    file?.write(`${step},${loss},${rate},${seconds().toFixed(3)}\n`);
    if (!Number.isFinite(loss))
      throw new ModelError(`the loss of step ${step} is ${loss}: the network has come apart. Try a lower --lr, or --clip 1.`);
    last.push(loss);
    if (last.length > 20) last.shift();
    if (!process.stderr.isTTY || (step < steps && performance.now() - shown < 200)) return;
    shown = performance.now();
    process.stderr.write(`step ${step}/${steps}  loss ${loss.toFixed(4)}  ${((step * batch) / seconds()).toFixed(0)} examples/s   \r`);
  };
  try {
    for (let step = 1; step <= steps && !stop.signal.aborted; step++) {
      trainer.step(set.examples(order.next(batch)));
      const { rate } = trainer;
      const read = trainer.readLoss().then((loss) => hear(step, loss, rate));
      read.catch(() => {});
      pending.push(read);
      if (pending.length >= mostPending) await pending.shift();
      if (saveEvery !== undefined && step % saveEvery === 0 && step < steps) {
        await Promise.all(pending.splice(0));
        await writeOutput(out.replace(/(\.onnx)?$/, `-${step}.onnx`), await model.toOnnx());
      }
    }
    await Promise.all(pending);
  } finally {
    process.off("SIGINT", interrupt);
    await new Promise<void>((resolve) => (file ? file.end(resolve) : resolve()));
    if (process.stderr.isTTY) process.stderr.write("\n");
  }
  const loss = last.reduce((a, b) => a + b, 0) / last.length;
  const how = stop.signal.aborted ? `stopped after ${trainer.steps} steps, ` : "";
  console.log(`${how}loss ${loss.toFixed(4)} in the last ${last.length} steps, after ${seconds().toFixed(1)} s`);
}
