// `convcam plan`: the dispatches that a model becomes, and where its values lie. Needs a GPU only to ask what it is.
import { type Command, Option } from "commander";
import { describeUnknownValue, UnsupportedError } from "../../engine/errors.ts";
import type { Node, TypedGraph } from "../../engine/graph/graph.ts";
import type { Target } from "../../engine/ops/operator.ts";
import { divideGraph } from "../../engine/passes/demands.ts";
import { optimizeGraph, prepareGraph } from "../../engine/passes/index.ts";
import { explainObstacles } from "../../engine/passes/obstacles.ts";
import { halfStorage } from "../../engine/plan/halves.ts";
import type { Plan, Step } from "../../engine/plan/plan.ts";
import { planGraph } from "../../engine/plan/planner.ts";
import type { Precision } from "../../engine/precision.ts";
import { fixShapes } from "../input-shapes.ts";
import { readModelFile } from "../model-file.ts";
import { requestNodeDevice } from "../node-device.ts";
import { line } from "../printable.ts";
import { formatBytes, formatCount, formatShape, formatTable } from "../table.ts";
import { collect, parseShape, precisionOption } from "../usage.ts";

interface Options {
  readonly json: boolean;
  readonly target?: keyof typeof targets;
  readonly observe?: readonly string[];
  readonly precision: Precision;
  readonly shape?: readonly (readonly [string, readonly number[]])[];
}

const limits = { maxBindingBytes: 128 * 2 ** 20, maxBufferBytes: 256 * 2 ** 20, maxStorageBuffers: 8, maxWorkgroups: 65_535 };

/** Adapters with the limits that WebGPU promises everywhere. */
const targets = { gpu: limits, software: { ...limits, profile: "software", sharingLanes: 4 } } as const satisfies Readonly<
  Record<string, Target>
>;

interface PlannedModel {
  readonly target: Target;
  /** After all passes. */
  readonly graph: TypedGraph;
  readonly plan: Plan;
}

export function addPlan(program: Command): void {
  program
    .command("plan")
    .summary("the dispatches that a model becomes")
    .description(
      `Prints every step of one run in order: its node and kernel, the shape it writes, the buffers it binds, workgroups, multiply-adds and bytes;
then what lies in which buffer, where values can be read, and the memory that it takes. docs/debugging.md says how to read it.`,
    )
    .argument("<model>", "an .onnx file")
    .option("--json", "machine-readable, with Params, override constants and bound ranges", false)
    .addOption(
      new Option("--target <kind>", "plan for a graphics card or a GPU made of software (default: this machine's)").choices(
        Object.keys(targets),
      ),
    )
    .option("--observe <values...>", "values or layers that can be read after a run")
    .addOption(precisionOption())
    .option("--shape <input=shape>", "fix an input's shape, such as data=1,3,224,224; repeatable", collect(parseShape))
    .action(printPlan);
}

async function printPlan(path: string, options: Options): Promise<void> {
  const planned = await planModel(path, options);
  console.log(options.json ? JSON.stringify(asJson(planned), undefined, 2) : asText(planned));
}

async function planModel(path: string, { target: kind, observe = [], precision, shape }: Options): Promise<PlannedModel> {
  const file = await readModelFile(path);
  const inputShapes = await fixShapes(file, { given: shape });
  const { target, hasF16 } = kind ? { target: targets[kind], hasF16: false } : await ownTarget();
  const whole = await prepareGraph(file, target, { inputShapes });
  // Of a network in stages, the first.
  const { first, obstacles } =
    whole.obstacles.length > 0 ? divideGraph(file, whole.catalog, { inputShapes }) : { first: whole.graph, obstacles: [] };
  if (obstacles.length > 0) throw new UnsupportedError(explainObstacles({ graph: whole.graph, obstacles }));
  const inference = await prepareGraph(first, target);
  const outputOf = new Map(inference.graph.nodes.map((node) => [node.name, node.outputs[0] as string]));
  const keep = observe.map((name) =>
    inference.graph.types.has(name)
      ? name
      : (outputOf.get(name) ?? unknown(name, [...inference.graph.inputs.map((input) => input.name), ...outputOf.values()])),
  );
  const { graph, operations } = optimizeGraph(inference.graph, inference.catalog, { keep: new Set(keep) });
  const halves = precision === "float16" ? halfStorage(hasF16) : undefined;
  return { target, graph, plan: planGraph(graph, operations, { keep, target, halves }) };
}

function unknown(name: string, known: readonly string[]): never {
  throw new UnsupportedError(`--observe: ${describeUnknownValue(name, known)}`);
}

async function ownTarget(): Promise<{ readonly target: Target; readonly hasF16: boolean }> {
  const device = await requestNodeDevice();
  const { target, gpu } = device;
  const hasF16 = gpu.features.has("shader-f16");
  device.dispose();
  return { target, hasF16 };
}

/** The plan without shader code and contents of buffers. */
function asJson({ target, plan }: PlannedModel) {
  const step = ({ shader, ...rest }: Step) => ({ ...rest, shader: shader.name });
  return {
    target,
    prepare: plan.prepare.map(step),
    steps: plan.steps.map(step),
    buffers: plan.buffers.map(({ label, sizeBytes, role }) => ({ label, sizeBytes, role })),
    values: Object.fromEntries(plan.values),
    constants: [...plan.constants.keys()],
    memory: plan.memory,
  };
}

function asText({ target, graph, plan }: PlannedModel): string {
  const { weightBytes, activationBytes, peakLiveBytes } = plan.memory;
  const nodes = new Map(graph.nodes.map((node) => [node.name, node]));
  const kind = target.profile === "software" ? `software, ${target.sharingLanes ?? 1} lanes` : "a graphics card";
  return [
    line`${graph.name}, planned for ${kind}`,
    ...(plan.prepare.length > 0 ? ["", "Before the first run, and when parameters change", stepTable(plan.prepare, nodes, graph)] : []),
    "",
    `Steps of one run (${plan.steps.length})`,
    stepTable(plan.steps, nodes, graph),
    "",
    "Buffers",
    bufferTable(plan),
    "",
    "Values that can be read",
    valueTable(plan),
    "",
    `Weights        ${formatBytes(weightBytes)}`,
    `Activations    ${formatBytes(activationBytes)} in buffers, which values share; the node that needs most has ${formatBytes(peakLiveBytes)} alive`,
  ].join("\n");
}

const right = { alignRight: true };

function stepTable(steps: readonly Step[], nodes: ReadonlyMap<string, Node>, graph: TypedGraph): string {
  const columns = [
    { title: "#", ...right },
    { title: "Node" },
    { title: "Operator" },
    { title: "Kernel" },
    { title: "Writes" },
    { title: "Binds" },
    { title: "Workgroups" },
    { title: "Multiply-adds", ...right },
    { title: "Bytes", ...right },
  ];
  const rows = steps.map(({ node: name, kernel, bindings, ranges, workgroups, macs, bytes, shader }, index) => {
    const node = nodes.get(name);
    const shape = node && graph.types.get(node.outputs[0] as string)?.shape;
    const binds = Object.entries(bindings).map(([binding, buffer]) => {
      const isWritten = shader.bindings[binding]?.kind === "read_write";
      const range = ranges?.[binding];
      return `${binding}${isWritten ? "→" : "="}${buffer}${range ? `@${range.offsetBytes}` : ""}`;
    });
    const cells = [name, node?.operator ?? "", kernel, shape ? formatShape(shape) : "", binds.join(" "), workgroups.join("×")];
    return [String(index), ...cells, macs > 0 ? formatCount(macs) : "", formatCount(bytes)];
  });
  return formatTable(columns, rows);
}

function bufferTable({ buffers }: Plan): string {
  const columns = [{ title: "#", ...right }, { title: "Role" }, { title: "Bytes", ...right }, { title: "Holds" }];
  return formatTable(
    columns,
    buffers.map(({ role, sizeBytes, label }, index) => [String(index), role, formatCount(sizeBytes), label]),
  );
}

function valueTable({ values, constants }: Plan): string {
  const columns = [
    { title: "Value" },
    { title: "Type" },
    { title: "Shape" },
    { title: "Buffer" },
    { title: "Strides" },
    { title: "Step", ...right },
  ];
  const rows = Array.from(values, ([name, { dtype, shape, buffer, offset, strides, producedBy }]) => {
    const place = offset > 0 ? `${buffer}, from ${offset}` : String(buffer);
    return [name, dtype, formatShape(shape), place, strides.join(" "), producedBy === undefined ? "" : String(producedBy)];
  });
  const known = Array.from(constants, ([name, { dtype, shape }]) => [name, dtype, formatShape(shape), "constant", "", ""]);
  return formatTable(columns, [...rows, ...known]);
}
