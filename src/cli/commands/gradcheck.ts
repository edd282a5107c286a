// `convcam gradcheck`: whether a model's gradients are right, layer by layer and as a whole.
import type { Command } from "commander";
import { adapterText } from "../../checks/adapter-text.ts";
import { ModelError, UnsupportedError } from "../../engine/errors.ts";
import { loadNetwork } from "../../engine/load-network.ts";
import { noiseFor } from "../../reference/noise.ts";
import { checkNames } from "../check-names.ts";
import { addInputOptions, type InputOptions, readArrays } from "../feed.ts";
import { givenInputs } from "../given-inputs.ts";
import { checkNetwork, checkNodes, isOff, type NetworkCheck } from "../gradcheck/check-network.ts";
import type { NodeCheck } from "../gradcheck/check-node.ts";
import { layerTolerance, networkTolerance } from "../gradcheck/compare.ts";
import { imageSize } from "../image.ts";
import { fixShapes } from "../input-shapes.ts";
import { notesOfLater } from "../later-layers.ts";
import { readModelFile } from "../model-file.ts";
import { requestNodeDevice } from "../node-device.ts";
import { writeOutput } from "../output.ts";
import { line, printable } from "../printable.ts";
import { formatCount, formatShape, formatTable } from "../table.ts";
import { collect, parseCount, parsePath } from "../usage.ts";

interface Options extends InputOptions {
  readonly layer?: readonly string[];
  readonly seed: number;
  readonly json?: string;
}

export function addGradcheck(program: Command): void {
  const command = program
    .command("gradcheck")
    .summary("check a model's gradients against central differences, layer by layer")
    .description(
      `Computes the gradient of each layer between the inputs and the outputs on the GPU, in float32, and compares it along random directions with
central differences of plain loops in float64 on the CPU. What a layer reads is what it has in the network; elements near a kink, such as 0 for a
ReLU, stay where they are. Last comes the whole network, its inputs with a little noise, since flat areas of a picture tie in pools. An error is relative; a layer is off beyond ${layerTolerance} (2e-2 for values of 16 bits),
the network beyond ${networkTolerance}. Ends with status 1 when anything is off. A layer without a rule is no failure.`,
    )
    .argument("<model>", "an .onnx file")
    .argument("[image]", "a picture: JPEG, PNG, WebP, GIF, TIFF, AVIF (default: noise)")
    .option("--layer <name>", "only this layer, and not the network; repeatable", collect(String))
    .option("--seed <number>", "of the noise, the directions, and the weights of a layer's outputs", parseCount(0), 0)
    .option("--json <file.json>", "write { adapter, seed, layers: [{ name, operator, error, verdict, … }], network }", parsePath(".json"));
  addInputOptions(command).action(gradcheck);
}

async function gradcheck(modelPath: string, imagePath: string | undefined, options: Options): Promise<void> {
  const { layer: layers = [], seed, json } = options;
  const graph = await readModelFile(modelPath);
  checkNames(
    graph,
    layers.map((name) => ["--layer", name]),
  );
  const arrays = await readArrays(graph, options.inputNpy ?? []);
  const given = [...[...arrays].map(([name, { shape }]) => [name, shape] as const), ...(options.shape ?? [])];
  const inputShapes = await fixShapes(graph, { given, picture: imagePath ? await imageSize(imagePath) : undefined });
  const device = await requestNodeDevice();
  try {
    const network = await loadNetwork(device, graph, { inputShapes });
    const inputs = { ...noiseFor(network.graph, seed), ...(await givenInputs(network.graph, imagePath, arrays, options)) };
    const task = { network, inputs, seed, onNode: showProgress };
    const checks = await checkNodes(task, layers);
    console.log(formatChecks(checks));
    const whole = layers.length === 0 ? await checkWhole(task) : undefined;
    const isNetworkOff = whole !== undefined && isOff(whole);
    const count = (verdict: NodeCheck["verdict"]) => checks.filter((check) => check.verdict === verdict).length;
    console.log(`\n${count("ok")} ok, ${count("off")} off, ${count("no rule")} without a rule, ${count("no gradient")} without a gradient`);
    for (const reason of new Set(checks.flatMap((check) => check.reason ?? []))) console.log(line`- ${reason}`);
    if (layers.length === 0) for (const note of notesOfLater(network.summary(), network.graph)) console.log(note);
    if (whole) console.log(formatNetwork(whole));
    const adapter = adapterText(device);
    if (json !== undefined) await writeOutput(json, `${JSON.stringify({ adapter, seed, layers: checks, network: whole }, undefined, 2)}\n`);
    if (isNetworkOff || count("off") > 0) process.exitCode = 1;
  } finally {
    device.dispose();
  }
}

function showProgress({ name }: NodeCheck, done: number, total: number): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${done}/${total} ${printable(name)}${done === total ? "\r\u001b[K" : ""}`);
}

function formatChecks(checks: readonly NodeCheck[]): string {
  const columns = [
    { title: "Layer" },
    { title: "Operator" },
    { title: "Output" },
    { title: "Near a kink", alignRight: true },
    { title: "Error", alignRight: true },
    { title: "Verdict" },
  ];
  const rows = checks.map(({ name, operator, shape, leftOut, elements, comparisons, error, verdict }) => [
    name,
    operator,
    formatShape(shape),
    leftOut === 0 ? "" : `${formatCount(leftOut)} of ${formatCount(elements)}`,
    comparisons.length === 0 ? "" : error.toExponential(1),
    verdict,
  ]);
  return formatTable(columns, rows);
}

/** A network with nodes that have no rule has no gradient: each of these has its line already. */
async function checkWhole(task: Parameters<typeof checkNetwork>[0]): Promise<NetworkCheck | undefined> {
  try {
    return await checkNetwork(task);
  } catch (error) {
    if (!(error instanceof UnsupportedError || error instanceof ModelError)) throw error;
    console.log(line`\nThe network as a whole was not checked: ${error.message}`);
    return undefined;
  }
}

function formatNetwork(check: NetworkCheck): string {
  const { of, gradient, difference, error, step, isSmooth, isTooSmall } = check;
  const verdict = isTooSmall ? "too small to tell" : `error ${error.toExponential(1)}: ${isOff(check) ? "off" : "ok"}`;
  const numbers = `gradient ${gradient.toPrecision(8)}, central difference ${difference.toPrecision(8)}`;
  const kinks = isSmooth ? "" : ", with kinks between its sides";
  return line`The network, up to '${of}': ${numbers} (step ${step.toExponential(0)}${kinks}), ${verdict}`;
}
