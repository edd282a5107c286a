// Bodies of If, Loop and Scan as data: what is named in them, and the same nodes under other names.
import type { AttributeValue, Body, Node } from "../../graph/graph.ts";

export function bodiesOf(node: Node): readonly Body[] {
  return [...node.attributes.values()].flatMap((value) => bodyOf(value) ?? []);
}

function bodyOf(value: AttributeValue): Body | undefined {
  return typeof value === "object" && "subgraph" in value ? value.body : undefined;
}

/** With the nodes of bodies within. */
export function countNodes({ nodes }: Body): number {
  return nodes.reduce((sum, node) => bodiesOf(node).reduce((inner, body) => inner + countNodes(body), sum + 1), 0);
}

/** The values that a body's nodes make, and all names that are its own, with those of bodies within. */
export function innerNames(body: Body): { readonly outputs: ReadonlySet<string>; readonly all: ReadonlySet<string> } {
  const outputs = new Set<string>();
  const all = new Set(body.inputs);
  for (const node of body.nodes) {
    for (const output of node.outputs) if (output) outputs.add(output);
    for (const inner of bodiesOf(node)) for (const name of innerNames(inner).all) all.add(name);
  }
  for (const output of outputs) all.add(output);
  return { outputs, all };
}

/** The values that a node reads, also in its bodies from around them. */
export function readsOf(node: Node): readonly string[] {
  const inner = bodiesOf(node).flatMap((body) => {
    const { all } = innerNames(body);
    return [...body.nodes.flatMap(readsOf), ...body.outputs].filter((name) => !all.has(name));
  });
  return [...node.inputs, ...inner].filter((name) => name);
}

/** @param rename values, and `renameNode` nodes, both also of bodies within */
export function renameNodes(
  nodes: readonly Node[],
  rename: (name: string) => string,
  renameNode: (name: string) => string,
): readonly Node[] {
  const value = (name: string) => (name ? rename(name) : "");
  return nodes.map((node): Node => {
    const isPlain = bodiesOf(node).length === 0;
    return {
      ...node,
      name: renameNode(node.name),
      inputs: node.inputs.map(value),
      outputs: node.outputs.map(value),
      attributes: isPlain ? node.attributes : new Map(Array.from(node.attributes, ([key, one]) => [key, renamed(one, rename, renameNode)])),
    };
  });
}

function renamed(value: AttributeValue, rename: (name: string) => string, renameNode: (name: string) => string): AttributeValue {
  const body = bodyOf(value);
  if (!body) return value;
  const inner: Body = {
    ...body,
    inputs: body.inputs.map(rename),
    outputs: body.outputs.map(rename),
    nodes: renameNodes(body.nodes, rename, renameNode),
  };
  return { ...(value as { readonly subgraph: string }), body: inner };
}
