// `convcam evaluate`: how right a model is on labelled pictures.
import type { Command } from "commander";
import { Option } from "commander";
import type { Metrics } from "../../data-sets/metrics.ts";
import { loadModel } from "../../engine/model.ts";
import { classExamination } from "../../lessons/classes.ts";
import { type DrivingReport, drivingExamination } from "../../lessons/driving.ts";
import { evaluateOnce } from "../../lessons/lesson.ts";
import { numbersExamination } from "../../lessons/numbers.ts";
import { countOf } from "../../ui/count-of.ts";
import { confusionText, driveText, namesOf, numbersText } from "../lessons.ts";
import { readModelFile } from "../model-file.ts";
import { networkClassesOf } from "../network-classes.ts";
import { requestNodeDevice } from "../node-device.ts";
import { showProgress, writeOutput } from "../output.ts";
import type { Part } from "../read-pictures.ts";
import { dataHelp, hasNumbers, isRoad, pictureOf, readDataSet } from "../training-data.ts";
import { parseCount, parseDivisors, parseList, parsePath } from "../usage.ts";

interface Options {
  readonly data: string;
  readonly part: Part;
  readonly mean: readonly number[];
  readonly std: readonly number[];
  readonly seed: number;
  readonly json?: string;
}

export function addEvaluate(program: Command): void {
  program
    .command("evaluate")
    .summary("say how right a model is on labelled pictures")
    .description(
      "Says the loss and the accuracy of a classifier on labelled pictures, and which classes it takes for which; or of a model that drives, how far it is from a good driver and how long it keeps the lane.",
    )
    .argument("<model>", "an .onnx file")
    .requiredOption("--data <source>", dataHelp)
    .addOption(new Option("--part <name>", "which files of the data").choices(["train", "test"]).default("test"))
    .option("--mean <numbers>", "subtracted from pixels in 0…1, per channel", parseList, [0])
    .option("--std <numbers>", "divides last, per channel", parseDivisors, [1])
    .option("--seed <number>", "that of the training, where it divided a list or a folder", parseCount(0), 0)
    .option("--json <file.json>", "write it as JSON", parsePath(".json"))
    .action(evaluate);
}

async function evaluate(path: string, { data, part, mean, std, seed, json }: Options): Promise<void> {
  const graph = await readModelFile(path);
  const set = isRoad(data)
    ? undefined
    : await readDataSet(data, part, {
        picture: pictureOf(graph),
        mean,
        std,
        seed,
        network: { ...(await networkClassesOf(graph)), isTried: true },
      });
  const device = await requestNodeDevice();
  try {
    const model = await loadModel(device, graph, { parameters: true });
    if (set && hasNumbers(set)) {
      const report = await evaluateOnce(numbersExamination(model, set, { onProgress: showProgress }));
      console.log(numbersText(report));
      await writeResult(json, report);
    } else if (set) {
      const metrics = await evaluateOnce(classExamination(model, set, { onProgress: showProgress }));
      const classes = namesOf(set, graph);
      print(metrics, classes);
      await writeResult(json, { ...metrics, classes });
    } else {
      const report = await evaluateOnce(
        drivingExamination(model, pictureOf(graph), { mean, std }, undefined, { onProgress: showProgress }),
      );
      printDriving(report);
      await writeResult(json, report);
    }
    model.dispose();
  } finally {
    device.dispose();
  }
}

async function writeResult(path: string | undefined, result: object): Promise<void> {
  if (path !== undefined) await writeOutput(path, `${JSON.stringify(result, undefined, 2)}\n`);
}

function printDriving(report: DrivingReport): void {
  const { steering, throttle } = report.errors;
  console.log(
    `mean squared error of steering (−1…1) ${steering.toFixed(5)}, of throttle (0…1) ${throttle.toFixed(5)}, in ${report.examination.pictures} pictures`,
  );
  console.log(driveText(report));
}

/** More classes do not fit on a terminal. */
const mostShown = 30;

function print({ count, loss, accuracy, confusion }: Metrics, classes: readonly string[]): void {
  console.log(
    `${(100 * accuracy).toFixed(2)} % of ${countOf(count, "example")} ${count === 1 ? "is" : "are"} right, loss ${loss.toFixed(4)}`,
  );
  if (classes.length > mostShown) {
    console.log(`Which classes it takes for which: --json FILE (there are ${classes.length}).`);
    return;
  }
  console.log(confusionText(confusion, classes));
}
