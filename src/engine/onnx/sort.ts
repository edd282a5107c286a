// Puts nodes in an order in which every value is made before it is read.
import { ModelError } from "../errors.ts";
import type { Node } from "../graph/graph.ts";

/**
 * Sorts nodes topologically. Nodes already in order stay in that order.
 *
 * @param given values that no node makes: graph inputs and initializers
 * @throws ModelError when a value has no producer or two, or when nodes wait for each other
 */
export function sortNodes(nodes: readonly Node[], given: ReadonlySet<string>): readonly Node[] {
  const producers = findProducers(nodes, given);
  const sorted = new Set<Node>();
  for (const node of nodes) visit(node, producers, given, sorted);
  return [...sorted];
}

function findProducers(nodes: readonly Node[], given: ReadonlySet<string>): ReadonlyMap<string, Node> {
  const producers = new Map<string, Node>();
  for (const node of nodes)
    for (const output of node.outputs) {
      if (output === "") continue;
      const other = producers.get(output);
      if (other) throw new ModelError(`${labelOf(node)}: value '${output}' is already made by ${labelOf(other)}.`);
      if (given.has(output)) throw new ModelError(`${labelOf(node)}: value '${output}' is already an input or initializer.`);
      producers.set(output, node);
    }
  return producers;
}

/** Depth first, with a stack of its own: a chain of nodes may be deeper than JavaScript's. */
function visit(start: Node, producers: ReadonlyMap<string, Node>, given: ReadonlySet<string>, sorted: Set<Node>): void {
  if (sorted.has(start)) return;
  const path = new Map<Node, Iterator<string>>([[start, start.inputs.values()]]);
  const stack = [start];
  for (let node = stack.at(-1); node; node = stack.at(-1)) {
    const next = path.get(node)?.next();
    if (!next || next.done) {
      sorted.add(node);
      path.delete(node);
      stack.pop();
      continue;
    }
    const input = next.value;
    if (input === "" || given.has(input)) continue;
    const producer = producers.get(input);
    if (!producer) throw new ModelError(`${labelOf(node)}: input '${input}' is made by no node, and is no graph input or initializer.`);
    if (sorted.has(producer)) continue;
    if (path.has(producer)) {
      const cycle = stack.slice(stack.indexOf(producer)).map(labelOf);
      throw new ModelError(
        `The graph has a cycle: ${cycle.slice(0, 8).join(" needs ")}${cycle.length > 8 ? " …" : ""} needs ${labelOf(producer)}.`,
      );
    }
    path.set(producer, producer.inputs.values());
    stack.push(producer);
  }
}

function labelOf(node: Node): string {
  return `${node.operator} '${node.name}'`;
}
