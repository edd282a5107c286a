// Changes to a model before it runs: --gate, --parameters, --blank.
import { type Command, InvalidArgumentError, Option } from "commander";
import { ModelError } from "../engine/errors.ts";
import type { GateOptions } from "../engine/gates.ts";
import type { Graph } from "../engine/graph/graph.ts";
import type { Model } from "../engine/model.ts";
import { isNamed } from "./check-names.ts";
import { readModelFile } from "./model-file.ts";
import { collect, parseCount, parseNumber } from "./usage.ts";

export interface InterventionOptions {
  readonly gate?: readonly GateText[];
  /** Another file of the same network. */
  readonly parameters?: string;
  /** The seed of an untrained network. */
  readonly blank?: number;
}

/** Reads VALUE[:CHANNEL,…]=SCALE[+SHIFT]. Where the value's name ends is decided later, because it may hold a colon. */
export interface GateText {
  readonly target: string;
  readonly scale: number;
  readonly shift: number;
}

export function addInterventionOptions(command: Command): Command {
  return command
    .option(
      "--gate <value[:channels]=scale[+shift]>",
      "change channels of a value: conv_1:3=0 switches one off, conv_1:0,5=0.5+0.1 changes two, conv_1=0 all; repeatable",
      collect(parseGate),
    )
    .option("--parameters <file.onnx>", "take the weights from another file of the same network, such as another checkpoint")
    .addOption(
      new Option("--blank <seed>", "forget what was learned: random weights, the same for the same seed")
        .argParser(parseCount(0))
        .conflicts("parameters"),
    );
}

const number = String.raw`(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?`;
const gatePattern = new RegExp(`^(.+)=([+-]?${number})([+-]${number})?$`, "i");

export function parseGate(text: string): GateText {
  const [, target, scale, shift = "0"] = gatePattern.exec(text) ?? [];
  if (!target) throw new InvalidArgumentError("Expected VALUE=SCALE or VALUE:CHANNEL=SCALE+SHIFT, such as conv_1:3=0 or conv_1=0.5+0.1.");
  return { target, scale: parseNumber(scale as string), shift: parseNumber(shift) };
}

/** A text that is a value's name is taken as one, before it is read as a name with channels: names of TensorFlow end in ":0". */
export function resolveGate({ target, scale, shift }: GateText, isName: (name: string) => boolean): readonly [string, GateOptions] {
  const [, name, list] = /^(.+):(\d+(?:,\d+)*)$/.exec(target) ?? [];
  if (isName(target) || !name || !list) return [target, { scale, shift }];
  return [name, { channels: list.split(",").map(Number), scale, shift }];
}

/** Whether constants of the model will change, so that it must be loaded with parameters. */
export function changesParameters({ parameters, blank }: InterventionOptions): boolean {
  return parameters !== undefined || blank !== undefined;
}

export async function intervene(model: Model, { gate = [], parameters, blank }: InterventionOptions): Promise<void> {
  if (parameters !== undefined) await setParameters(model, parameters);
  if (blank !== undefined) await model.reinitialize(blank);
  // All at once: they are planned together.
  await Promise.all(gate.map((text) => model.gate(...resolveGate(text, (name) => isNamed(model.graph, name)))));
}

/** The values that gates are put behind, as {@link checkNames} takes them. */
export function gatedNames(graph: Graph, { gate = [] }: InterventionOptions): (readonly [option: string, name: string])[] {
  return gate.map((text) => ["--gate", resolveGate(text, (name) => isNamed(graph, name))[0]]);
}

/** There are two files: the message says which is meant. */
async function setParameters(model: Model, path: string): Promise<void> {
  const graph = await readModelFile(path, "--parameters");
  try {
    await model.setParameters(graph);
  } catch (error) {
    throw error instanceof ModelError ? new ModelError(`--parameters '${path}': ${error.message}`) : error;
  }
}
