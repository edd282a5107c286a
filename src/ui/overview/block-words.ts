// What a block is called by its structure: "bottleneck", "Fire", "inception".
import type { OverviewNode } from "./condense.ts";

/** Nodes of a block in order; the last is where its ways join. */
export interface BlockNodes {
  readonly nodes: readonly OverviewNode[];
  /** Ways that join in the last node; those that come from outside come from the block's entry. */
  readonly sources: readonly (OverviewNode | "entry")[];
}

const joins: Readonly<Record<string, (block: BlockNodes) => string>> = {
  Add: residualWord,
  Sum: residualWord,
  Concat: (block) => {
    const { nodes, sources } = block;
    if (isDenseLayer(block)) return "dense layer";
    if (sources.length > 2) return "inception";
    const kernels = sources.map((source) => source !== "entry" && kernelOf(source));
    return nodes.length <= 4 && kernels.includes("1×1") && kernels.includes("3×3") ? "Fire" : "block";
  },
  Mul: ({ nodes }) => (nodes.some(({ title }) => title.startsWith("global average pool")) ? "squeeze and excite" : "gated block"),
};

/** Whether it puts a few channels beside those that it read. */
export function isDenseLayer({ nodes, sources }: BlockNodes): boolean {
  return sources.length > 1 && sources.includes("entry") && nodes.at(-1)?.operators[0] === "Concat";
}

export function blockWord(block: BlockNodes): string {
  const { nodes, sources } = block;
  const operator = nodes.at(-1)?.operators[0] ?? "";
  const word = sources.length > 1 && Object.hasOwn(joins, operator) ? joins[operator]?.(block) : undefined;
  return word ?? (isInverted(nodes) ? "inverted residual" : "block");
}

function residualWord({ nodes }: BlockNodes): string {
  if (isInverted(nodes)) return "inverted residual";
  const kernels = nodes.flatMap((node) => kernelOf(node) || []);
  const [first, middle, last] = kernels;
  // A fourth convolution may be on the shortcut.
  return kernels.length <= 4 && first === "1×1" && middle !== "1×1" && last === "1×1" && !nodes.some(isConcat)
    ? "bottleneck"
    : "residual block";
}

const isConcat = ({ operators }: OverviewNode): boolean => operators[0] === "Concat";

/** Whether it is wider inside, where each channel is convolved by itself, than at its end. */
export function isInverted(nodes: readonly OverviewNode[]): boolean {
  const end = channelsOf(nodes.at(-1));
  return nodes.some((node) => node.title.startsWith("depthwise") && channelsOf(node) > end);
}

function channelsOf(node: OverviewNode | undefined): number {
  const axis = node?.axes?.indexOf("c") ?? 1;
  return node?.shape?.[axis] ?? 0;
}

function kernelOf(node: OverviewNode | undefined): string | undefined {
  return /\bConv (\S+)/.exec(node?.title ?? "")?.[1];
}

/** Whether nodes in series are an inverted residual without the shortcut, as they are where the stride is 2. */
export function isInvertedSeries(nodes: readonly OverviewNode[]): boolean {
  const [expansion, depthwise, projection] = nodes;
  const isPointwise = (node: OverviewNode | undefined) => node?.title.startsWith("Conv 1×1") === true;
  return isPointwise(expansion) && depthwise?.title.startsWith("depthwise") === true && isPointwise(projection) && isInverted(nodes);
}
