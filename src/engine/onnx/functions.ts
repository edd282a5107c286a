// Replaces calls of a model's own functions by the nodes inside them, so that only operators are left.
import { ModelError, UnsupportedError } from "../errors.ts";
import { freshName, type Names } from "../graph/fresh-names.ts";
import { type AttributeProto, type FunctionProto, type NodeProto, normalizeDomain } from "./proto.ts";

/** Functions that call functions can double the graph at each level; no network we can draw is this large. */
const mostNodes = 100_000;
const mostCalls = 30_000;
/** Calls inside calls. Names of values grow with each. */
const mostLevels = 100;

/**
 * Inlines every call. Values inside a call are named `call/value`.
 *
 * @throws ModelError for a function that calls itself, is defined twice, or refers to an attribute that it does not have
 */
export function inlineFunctions(nodes: readonly NodeProto[], functions: readonly FunctionProto[]): readonly NodeProto[] {
  const byName = new Map<string, FunctionProto>();
  for (const definition of functions) {
    const key = functionKey(definition.domain, definition.name, definition.overload);
    if (byName.has(key)) throw new ModelError(`function '${definition.name}' is defined twice.`);
    byName.set(key, definition);
  }
  const names: Names = { taken: new Set(nodes.flatMap((node) => [...(node.input ?? []), ...(node.output ?? [])])), next: new Map() };
  const result: NodeProto[] = [];
  let calls = 0;

  const emit = (node: NodeProto, active: readonly FunctionProto[]): void => {
    const definition = byName.get(functionKey(node.domain, node.opType, node.overload));
    if (!definition) {
      if (result.push(node) > mostNodes) throw new UnsupportedError(`The model's functions unfold to more than ${mostNodes} nodes.`);
      return;
    }
    if (++calls > mostCalls) throw new UnsupportedError(`The model's functions unfold to more than ${mostCalls} calls.`);
    if (active.length >= mostLevels)
      throw new UnsupportedError(`The model's functions call each other more than ${mostLevels} levels deep.`);
    if (active.includes(definition)) throw new ModelError(`function '${definition.name}' calls itself, which ONNX does not allow.`);
    for (const inner of expandCall(node, definition, names)) emit(inner, [...active, definition]);
  };
  for (const node of nodes) emit(node, []);
  return result;
}

/** Adds the opsets of functions to a model's. @returns where they differ */
export function addOpsets(opsets: Map<string, number>, functions: readonly FunctionProto[]): readonly string[] {
  const differing: string[] = [];
  for (const { name, opsetImport } of functions)
    for (const { domain, version } of opsetImport ?? []) {
      const key = normalizeDomain(domain);
      const own = Number(version ?? 0);
      const known = opsets.get(key);
      if (known === undefined) opsets.set(key, own);
      else if (known !== own)
        differing.push(`function '${name}' uses opset ${own} of '${key || "ai.onnx"}', the model ${known}. Export both with one opset.`);
    }
  return differing;
}

/** Every field of a key ends, so that no domain and name can run into another's. */
function functionKey(domain: string | undefined, name: string | undefined, overload: string | undefined): string {
  return JSON.stringify([normalizeDomain(domain), name ?? "", overload ?? ""]);
}

function expandCall(call: NodeProto, definition: FunctionProto, taken: Names): NodeProto[] {
  // What a body reads of the function around it would have to be renamed with it.
  const withBody = definition.node?.find(({ attribute }) => attribute?.some(({ g }) => g));
  if (withBody)
    throw new UnsupportedError(
      `function '${definition.name}': ${withBody.opType} in a function of the model is not supported. Inline it first, with onnx.inliner.`,
    );
  const prefix = call.name || call.output?.find(Boolean) || definition.name || "function";
  const names = new Map<string, string>([["", ""]]);
  const nodes: NodeProto[] = [];
  (definition.input ?? []).forEach((input, i) => {
    names.set(input, call.input?.[i] ?? "");
  });
  (definition.output ?? []).forEach((output, i) => {
    const wanted = call.output?.[i];
    if (!wanted) return;
    // An output that is also an input, or returned twice, passes through.
    const known = names.get(output);
    if (known === undefined) names.set(output, wanted);
    else nodes.push({ opType: "Identity", input: [known], output: [wanted] });
  });
  const rename = (value: string): string => {
    const known = names.get(value);
    if (known !== undefined) return known;
    const fresh = freshName(`${prefix}/${value}`, taken);
    names.set(value, fresh);
    return fresh;
  };
  const inner = (definition.node ?? []).map((node) => ({
    ...node,
    name: node.name ? `${prefix}/${node.name}` : "",
    input: (node.input ?? []).map(rename),
    output: (node.output ?? []).map(rename),
    attribute: bindAttributes(node, call, definition),
  }));
  return [...inner, ...nodes];
}

/** Replaces references to the function's attributes by what the call gives, else by their default; without either, they are absent. */
function bindAttributes(node: NodeProto, call: NodeProto, definition: FunctionProto): AttributeProto[] {
  return (node.attribute ?? []).flatMap((attribute): AttributeProto[] => {
    const reference = attribute.refAttrName;
    if (!reference) return [attribute];
    const isReferred = (a: AttributeProto) => a.name === reference;
    const value = call.attribute?.find(isReferred) ?? definition.attributeProto?.find(isReferred);
    if (value) return [{ ...value, name: attribute.name }];
    if (definition.attribute?.includes(reference)) return [];
    throw new ModelError(`function '${definition.name}': refers to its attribute '${reference}', which it does not have.`);
  });
}
