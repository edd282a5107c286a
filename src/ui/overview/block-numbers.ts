// Numbers for the blocks of a network that exporters do not number: 1, 2, 3 in their order; side by side a1, a2 and b1, b2. Pure.
import { type Branch, findBranches } from "./branches.ts";
import type { Numbered } from "./regions.ts";

export interface CountedBlock {
  /** Blocks of a kind are counted together. */
  readonly kind: string;
  /** The nodes that it stands for. */
  readonly nodes: readonly number[];
}

/** SqueezeNet's authors count its first convolution, too: Fire 2 to Fire 9. */
const firstNumbers: Readonly<Record<string, number>> = { Fire: 2 };

/** @param blocks in the order in which they are counted */
export function numberBlocks(graph: Numbered, blocks: readonly CountedBlock[]): readonly string[] {
  const branches = findBranches(graph);
  const branchOf = ({ nodes }: CountedBlock): Branch | undefined => {
    const [first, ...others] = new Set(nodes.map((node) => branches[node]));
    return others.length === 0 ? first : undefined;
  };
  const placed = blocks.map((block) => ({ kind: block.kind, branch: branchOf(block) }));
  const ways = new Map<string, Set<number>>();
  for (const { kind, branch } of placed)
    if (branch) ways.set(`${kind} ${branch.stretch}`, (ways.get(`${kind} ${branch.stretch}`) ?? new Set()).add(branch.way));
  /** The last number on each way, and that before its stretch. */
  const last = new Map<string, number>();
  const highest = new Map<string, number>();
  const before = new Map<string, number>();
  return placed.map(({ kind, branch }) => {
    const most = highest.get(kind) ?? (firstNumbers[kind] ?? 1) - 1;
    const stretch = `${kind} ${branch?.stretch}`;
    const isBeside = branch !== undefined && (ways.get(stretch)?.size ?? 0) > 1;
    if (!before.has(stretch)) before.set(stretch, most);
    const way = `${stretch} ${branch?.way}`;
    const number = (isBeside ? (last.get(way) ?? before.get(stretch) ?? most) : most) + 1;
    last.set(way, number);
    highest.set(kind, Math.max(most, number));
    return isBeside ? `${letter(branch.way)}${number}` : `${number}`;
  });
}

/** a to z, then a2, b2, … */
function letter(way: number): string {
  const round = Math.floor(way / 26);
  return String.fromCharCode(97 + (way % 26)) + (round > 0 ? `${round + 1}.` : "");
}
