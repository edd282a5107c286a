// The `convcam` command: reads the command line, runs one subcommand, says in one line what went wrong.

import { Command, CommanderError } from "commander";
import packageFile from "../../package.json" with { type: "json" };
import { DeviceError, ModelError, UnsupportedError } from "../engine/errors.ts";
import { addBench } from "./commands/bench.ts";
import { addBuild } from "./commands/build.ts";
import { addCheck } from "./commands/check.ts";
import { addConformance } from "./commands/conformance.ts";
import { addEvaluate } from "./commands/evaluate.ts";
import { addExplain } from "./commands/explain.ts";
import { addGradcheck } from "./commands/gradcheck.ts";
import { addMosaic } from "./commands/mosaic.ts";
import { addPatterns } from "./commands/patterns.ts";
import { addPlan } from "./commands/plan.ts";
import { addRun } from "./commands/run.ts";
import { addSummary } from "./commands/summary.ts";
import { addTrain } from "./commands/train.ts";
import { addTune } from "./commands/tune.ts";
import { addVerify } from "./commands/verify.ts";
import { giveWay } from "./output.ts";
import { checkOverwrites, outputsOf } from "./overwrites.ts";
import { line, printable } from "./printable.ts";
import { UsageError, usageLine } from "./usage.ts";

const examples = `
Examples:
  convcam summary model.onnx
  convcam run squeezenet.onnx cat.jpg --labels imagenet.txt --mean 0.485,0.456,0.406 --std 0.229,0.224,0.225
  convcam run model.onnx --input-npy data=x.npy --save conv1=conv1.npy
  convcam mosaic model.onnx cat.jpg --layer conv_1 --out conv_1.png --width 512
  convcam mosaic model.onnx cat.jpg --layer all --out layers/ --normalize channel --colormap magma
  convcam explain squeezenet.onnx cat.jpg --class tabby --labels imagenet.txt --out why.png --mean 0.485,0.456,0.406 --std 0.229,0.224,0.225
  convcam check models/ --json checked.json
  convcam gradcheck model.onnx
  convcam verify model.onnx photo.jpg
  convcam plan model.onnx --target gpu
  convcam build xception --out xception.onnx --seed 1
  convcam bench --network resnet18 --layers --batch 1,16 --json results.json
  convcam train mnist --data idx:mnist/ --epochs 1 --optimizer adam --log loss.csv --out digits.onnx
  convcam evaluate digits.onnx --data idx:mnist/
  convcam tune model.onnx --network resnet18
  convcam conformance onnx/backend/test/data/node --filter '^test_conv' --json results.json

Runs on the machine's GPU where Dawn finds one, else in software on Chromium's SwiftShader (CONVCAM_CHROMIUM says where).
An output that is called - is standard output, where messages go to standard error.
Exit status: 0 done, 1 something failed, 2 the command line makes no sense.`;

/** @param begin hears of the command, before its action */
function createProgram(begin: (command: Command) => Promise<void>): Command {
  const program = new Command("convcam")
    .description("ONNX convolutional networks on WebGPU: what they are, what they say, what they see.")
    .version(packageFile.version)
    .addHelpText("after", examples)
    .configureOutput({ outputError: (text, write) => write(`${usageLine(text)}\n`) })
    .exitOverride()
    .hook("preAction", (_, command) => begin(command));
  for (const add of [
    addSummary,
    addRun,
    addMosaic,
    addExplain,
    addPatterns,
    addCheck,
    addGradcheck,
    addVerify,
    addConformance,
    addBuild,
    addBench,
    addTune,
    addTrain,
    addEvaluate,
    addPlan,
  ])
    add(program);
  return program;
}

/** @returns the exit status */
export async function main(commandLine: readonly string[]): Promise<number> {
  let undo = () => {};
  const begin = async (command: Command): Promise<void> => {
    await checkOverwrites(command);
    if (outputsOf(command).some(({ path }) => path === "-")) undo = giveWay();
  };
  try {
    await createProgram(begin).parseAsync(commandLine, { from: "user" });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    console.error(`convcam: ${messageOf(error)}`);
    return error instanceof UsageError ? 2 : 1;
  } finally {
    undo();
  }
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isExpected = error instanceof ModelError || error instanceof UnsupportedError || error instanceof DeviceError || "code" in error;
  if (!isExpected || process.env["CONVCAM_DEBUG"]) return (error.stack ?? error.message).split("\n").map(printable).join("\n");
  if (!(error instanceof UnsupportedError) || error.reasons.length < 2) return printable(error.message);
  return `${error.reasons.length} obstacles:\n${error.reasons.map((reason) => line`- ${reason}`).join("\n")}`;
}
