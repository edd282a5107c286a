// `convcam train`: trains a network on labelled pictures, and writes it as an .onnx file.
import { createWriteStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { type Command, Option } from "commander";
import { buildGraph, networks } from "../../../models/index.ts";
import type { Augmentation } from "../../data-sets/augment.ts";
import { createTrainer } from "../../engine/create-trainer.ts";
import { fewOf, ModelError } from "../../engine/errors.ts";
import type { OptimizerName } from "../../engine/gradient/training/optimizers.ts";
import { type ScheduleName, scheduleNames } from "../../engine/gradient/training/schedules.ts";
import { optimizerNames } from "../../engine/gradient/training/steps.ts";
import { mostExamples } from "../../engine/gradient/training/usual.ts";
import type { Graph } from "../../engine/graph/graph.ts";
import { loadModel, type Model } from "../../engine/model.ts";
import { parameterNames } from "../../engine/passes/parameters.ts";
import type { Precision } from "../../engine/precision.ts";
import type { Trainer } from "../../engine/trainer.ts";
import type { BaseLesson } from "../../lessons/lesson.ts";
import { type Far, farText, Ruin } from "../../lessons/ruin.ts";
import { countOf } from "../../ui/count-of.ts";
import { type Lesson, lessonOf } from "../lessons.ts";
import { readModelFile } from "../model-file.ts";
import { requestNodeDevice } from "../node-device.ts";
import { checkOutput, outliveReaders, writeOutput } from "../output.ts";
import { type Inputs, inputsOf, refuseInput } from "../overwrites.ts";
import { line } from "../printable.ts";
import { dataHelp } from "../training-data.ts";
import {
  atLeast0,
  parseAugment,
  parseBytes,
  parseCount,
  parseCounts,
  parseDivisors,
  parseList,
  parsePath,
  parseRegularExpression,
  parseWithin,
  precisionOption,
  UsageError,
} from "../usage.ts";

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
  readonly schedule: ScheduleName;
  readonly warmUp: number;
  readonly accumulate: number;
  readonly maxBytes?: number;
  readonly augment?: Augmentation;
  readonly shuffle: boolean;
  readonly test: boolean;
  readonly freeze?: RegExp;
  readonly seed: number;
  readonly init: "file" | "blank";
  readonly log?: string;
  readonly saveEvery?: number;
  readonly saveAt: readonly number[];
  readonly mean: readonly number[];
  readonly std: readonly number[];
  readonly precision: Precision;
}

export function addTrain(program: Command): void {
  program
    .command("train")
    .summary("train a network on labelled pictures")
    .description(
      "Trains a classifier on labelled pictures, or a model that drives on pictures of a road, on the GPU, and writes it as an .onnx file.",
    )
    .argument("<model>", `an .onnx file, or one of ${Object.keys(networks).join(", ")}`)
    .requiredOption("--data <source>", dataHelp)
    .requiredOption("--out <file.onnx>", "where to write what was learned", parsePath(".onnx"))
    .option("--batch <count>", "examples in a step", parseCount(1, mostExamples), 32)
    .option("--steps <count>", "how many steps (default: one epoch, or 1,000 where examples have no end)", parseCount(1))
    .option("--epochs <count>", "how often each example is seen", parseCount(1))
    .addOption(new Option("--optimizer <name>", "how steps are taken").choices(optimizerNames).default("sgd"))
    .option("--lr <rate>", "learning rate (default: 0.01 for sgd and adagrad, 0.001 for adam and adamw)", parseWithin(...atLeast0))
    .option(
      "--momentum <share>",
      "of sgd (default: 0.9)",
      parseWithin((share) => share >= 0 && share < 1, "Expected 0 or more, and less than 1."),
    )
    .option("--weight-decay <share>", "how much of weights is taken off with each step", parseWithin(...atLeast0), 0)
    .option(
      "--clip <length>",
      "shorten gradients that are longer, all together",
      parseWithin((length) => length > 0, "Expected a number above 0."),
    )
    .addOption(
      new Option("--schedule <name>", "how the learning rate goes on: a tenth after each third of the steps, or along a cosine")
        .choices(scheduleNames)
        .default("constant"),
    )
    .option("--warm-up <steps>", "in so many steps the learning rate grows to the whole", parseCount(0), 0)
    .option("--accumulate <parts>", "compute each batch in so many parts, which takes less memory", parseCount(1, mostExamples), 1)
    .option(
      "--max-bytes <bytes>",
      "compute again what a step has no room to keep, such as 500M or 2G: the same network in more time",
      parseBytes,
    )
    .option("--augment <names>", "change pictures each time, such as shift,turn:15,flip,brightness,noise,cut-out,crop,scale", parseAugment)
    .option("--no-shuffle", "see examples in the order of the files")
    .option("--freeze <regex>", "keep parameters whose names match as they are", parseRegularExpression)
    .option("--no-test", "write what was learned without trying it on what is held back")
    .option("--seed <number>", "the same seed gives the same network on the same device", parseCount(0), 0)
    .addOption(new Option("--init <how>", "begin with the file's weights, or blank ones").choices(["file", "blank"]).default("file"))
    .option("--log <file.csv>", "write a line for each step", parsePath(".csv"))
    .option("--save-every <steps>", "write a checkpoint after each so many steps: 100 writes FILE-100.onnx, FILE-200.onnx …", parseCount(1))
    .option("--save-at <steps>", "the same after these steps, with commas", parseCounts, [])
    .option("--mean <numbers>", "subtracted from pixels in 0…1, per channel", parseList, [0])
    .option("--std <numbers>", "divides last, per channel", parseDivisors, [1])
    .addOption(precisionOption("float16 keeps what lies between layers in 16 bits where the GPU has shader-f16, and scales the loss"))
    .action(train);
}

/** A network of our own by its name, or a file. */
async function readNetwork(name: string, seed: number): Promise<Graph> {
  return Object.hasOwn(networks, name) ? buildGraph(name, { seed }) : readModelFile(name);
}

/** @throws ModelError for a pattern that fits none of the names */
function checkFreeze(freeze: RegExp | undefined, names: readonly string[]): void {
  if (!freeze || names.some((name) => freeze.test(name))) return;
  throw new ModelError(`--freeze ${freeze.source}: no parameter has such a name. There are ${fewOf(names)}.`);
}

/** @throws UsageError where a checkpoint would be written over what is read, also where the network is one of an earlier training */
async function checkCheckpoints({ out, saveEvery, saveAt }: Options, steps: number, inputs: Inputs): Promise<void> {
  if (saveEvery === undefined && saveAt.length === 0) return;
  if (out === "-") throw new UsageError("--out -: checkpoints are files of their own beside it. Give a file's name.");
  for (const file of await readdir(dirname(out))) {
    const [, step = 0] = /-([1-9]\d*)\.onnx$/.exec(file) ?? [];
    const path = checkpointOf(out, Number(step));
    if (basename(path) === file && step !== 0 && isSaved(Number(step), { steps, saveEvery, saveAt }))
      await refuseInput("--out", path, inputs);
  }
}

async function train(name: string, options: Options, command: Command): Promise<void> {
  const { out, batch, optimizer, lr: rate, momentum, weightDecay, clip, freeze, seed, init, schedule, warmUp, accumulate } = options;
  if (options.steps !== undefined && options.epochs !== undefined) throw new UsageError("--steps and --epochs: give one of them.");
  if (momentum !== undefined && optimizer !== "sgd") throw new UsageError(`--momentum is sgd's; ${optimizer} has none.`);
  if (batch % accumulate !== 0) throw new UsageError(`--accumulate ${accumulate}: a batch of ${batch} has no such parts that are alike.`);
  for (const path of [out, options.log]) if (path !== undefined) await checkOutput(path);
  const inputs = inputsOf(command);
  // How many steps there are is known only with the pictures, unless it is given.
  await checkCheckpoints(options, options.steps ?? 0, inputs);
  outliveReaders();
  const graph = await readNetwork(name, seed);
  const freezes = (names: readonly string[]) => checkFreeze(freeze, names);
  freezes(parameterNames(graph));
  const lesson = await lessonOf(graph, options);
  const steps = stepsOf(options, lesson);
  const beyond = options.saveAt.find((step) => step > steps);
  if (beyond !== undefined)
    throw new UsageError(`--save-at ${beyond}: there ${steps === 1 ? "is only one step" : `are only ${countOf(steps, "step")}`}.`);
  if (options.steps === undefined) await checkCheckpoints(options, steps, inputs);
  console.log(line`${lesson.title}, ${countOf(steps, "step")} of ${String(batch)}`);
  const device = await requestNodeDevice();
  try {
    const model = await loadModel(device, graph, { parameters: true, precision: options.precision });
    if (init === "blank") await model.reinitialize(seed);
    freezes(model.parameters.map((parameter) => parameter.name));
    const learning = await lesson.begin(device);
    const trainer = await createTrainer(model, {
      ...learning.options,
      ...{ batch, seed, accumulate, maxBytes: options.maxBytes },
      schedule: { name: schedule, steps, warmUp },
      clipNorm: clip,
      optimizer: { name: optimizer, rate, momentum, weightDecay },
      frozen: freeze && ((parameter) => freeze.test(parameter)),
    });
    await lesson.check(trainer);
    const { guessing, classes } = lesson;
    await run(trainer, model, learning, { ...options, steps, guessing, classes });
    await writeOutput(out, await model.toOnnx({ classes }));
    const { scale, skipped } = await trainer.readScale();
    if (skipped > 0) console.log(`${skipped} steps were skipped, since a gradient was beyond 16 bits; the loss is scaled by ${scale}`);
    console.log(line`written to ${out}`);
    trainer.dispose();
    learning.dispose();
    const result = await lesson.examine(model);
    if (result !== undefined) console.log(result);
    model.dispose();
  } finally {
    device.dispose();
  }
}

/** Of what has no end. */
const usualSteps = 1000;

function stepsOf({ steps, epochs, batch }: Options, { length }: Lesson): number {
  if (steps !== undefined) return steps;
  if (length !== undefined) return Math.ceil(((epochs ?? 1) * length) / batch);
  if (epochs !== undefined) throw new UsageError("--epochs: these examples have no end. Give --steps.");
  return usualSteps;
}

interface Run extends Options {
  readonly steps: number;
  readonly guessing: number | undefined;
  readonly classes: readonly string[] | undefined;
}

/** Whether a checkpoint is written after this step. */
function isSaved(
  step: number,
  { steps, saveEvery, saveAt }: Pick<Run, "steps" | "saveAt"> & { readonly saveEvery?: number | undefined },
): boolean {
  return (step < steps && step % (saveEvery ?? Number.POSITIVE_INFINITY) === 0) || saveAt.includes(step);
}

function checkpointOf(out: string, step: number): string {
  return out.replace(/(\.onnx)?$/, `-${step}.onnx`);
}

/** What is said of a network that has come apart, though its loss is a number. */
export function ruinWarning(since: Far): string {
  return `convcam: ${farText(since, String)}. Try a lower --lr, or --clip 1.`;
}

/** How many losses are read back at once: a step waits for none of them, and the GPU for no step. */
const mostPending = 8;

/** Losses whose mean is told at the end. */
const lastSteps = 20;

/** What is printed next stands below the line that counts steps. */
function endLine(): void {
  if (process.stderr.isTTY) process.stderr.write("\n");
}

/** Takes all steps, or those until somebody interrupts it (Ctrl+C), and logs each. */
async function run(
  trainer: Trainer,
  model: Model,
  lesson: BaseLesson,
  { steps, batch, out, saveEvery, saveAt, log, precision, guessing, classes }: Run,
): Promise<void> {
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  process.once("SIGINT", interrupt);
  const file = log === undefined ? undefined : log === "-" ? process.stdout : createWriteStream(log);
  /** What is learned counts more than its log: a full disk ends the log alone. */
  let isLogged = true;
  file?.on("error", ({ message }) => {
    if (isLogged) console.error(line`convcam: the log '${log as string}' could not be written: ${message}.`);
    isLogged = false;
    process.exitCode = 1;
  });
  const each = trainer.of.length > 1 ? trainer.of : [];
  file?.write(`${["step,loss,rate,seconds", ...each].join(",")}\n`);
  const pending: Promise<void>[] = [];
  const ruin = new Ruin(guessing);
  let isWarned = false;
  /** Losses of the last steps, whose mean is told. */
  const last: number[] = [];
  const begun = performance.now();
  let shown = begun;
  const seconds = () => (performance.now() - begun) / 1000;
  const warn = (): void => {
    const { since } = ruin;
    if (!since || isWarned) return;
    isWarned = true;
    console.error(ruinWarning(since));
  };
  /** Losses arrive in the order of the steps. */
  const hear = (step: number, rate: number, loss: number, losses: Readonly<Record<string, number>>): void => {
    file?.write(`${[step, loss, rate, seconds().toFixed(3), ...each.map((name) => losses[name])].join(",")}\n`);
    if (!Number.isFinite(loss))
      throw new ModelError(
        `the loss of step ${step} is ${loss}: the network has come apart. Try a lower --lr, or --clip 1${precision === "float16" ? ", or --precision float32" : ""}.`,
      );
    last.push(loss);
    last.splice(0, last.length - lastSteps);
    ruin.note([loss], step - 1, rate);
    warn();
    if (!process.stderr.isTTY || (step < steps && performance.now() - shown < 200)) return;
    shown = performance.now();
    process.stderr.write(`step ${step}/${steps}  loss ${loss.toFixed(4)}  ${((step * batch) / seconds()).toFixed(0)} examples/s   \r`);
  };
  try {
    for (let step = 1; step <= steps && !stop.signal.aborted; step++) {
      const rate = trainer.scheduledRate;
      trainer.step(lesson.batch(lesson.sequence.next(batch)));
      const read = Promise.all([trainer.readLoss(), each.length > 0 ? trainer.readLosses() : {}]).then(([loss, losses]) =>
        hear(step, rate, loss, losses),
      );
      read.catch(() => {});
      pending.push(read);
      if (pending.length >= mostPending) await pending.shift();
      if (isSaved(step, { steps, saveEvery, saveAt })) {
        await Promise.all(pending.splice(0));
        const path = checkpointOf(out, step);
        await writeOutput(path, await model.toOnnx({ classes }));
        endLine();
        console.log(line`written to ${path}`);
      }
    }
    await Promise.all(pending);
  } finally {
    process.off("SIGINT", interrupt);
    if (file === process.stdout) await new Promise((resolve) => file.write("", resolve));
    else if (file && isLogged) await new Promise<void>((resolve) => file.once("close", resolve).end());
    endLine();
  }
  const how = stop.signal.aborted ? `stopped after ${countOf(trainer.steps, "step")}, ` : "";
  console.log(
    `${how}loss ${(last.reduce((sum, one) => sum + one, 0) / last.length).toFixed(4)} in the ${last.length === 1 ? "last step" : `last ${last.length} steps`}, after ${seconds().toFixed(1)} s`,
  );
}
