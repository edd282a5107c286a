// What a rule of differentiation is: from the gradients of a node's outputs to those of its inputs.
import type { AttributeReader } from "../graph/attributes.ts";
import type { Node } from "../graph/graph.ts";
import type { Shape } from "../shapes.ts";
import type { Tensor } from "../tensor.ts";
import type { Emitter } from "./emitter.ts";

export interface RuleContext {
  readonly node: Node;
  readonly attributes: AttributeReader;
  readonly emit: Emitter;
  /** The gradient of output 0, which has one. */
  readonly dy: string;
  /** Names of the first two inputs and of output 0. */
  readonly x: string;
  readonly b: string;
  readonly y: string;
  /** The gradient of an output; `undefined` where nothing that is asked for depends on it. */
  gradient(output: number): string | undefined;
  /** Whether the gradient of an input is wanted. */
  needs(input: number): boolean;
  /** Of an input. */
  shape(input: number): Shape;
  /** The elements of an input, where they are known. */
  constant(input: number): Tensor | undefined;
  /** Refuses the node. The message says which case has no rule. */
  unsupported(message: string): never;
}

/** @returns the gradient of each input: `undefined` where there is no rule or it is not wanted, `null` where the output does not depend on it */
export type Rule = (context: RuleContext) => readonly (string | undefined | null)[];

export type Rules = Readonly<Record<string, Rule>>;

/** From which the gradient cannot come: numbers of places, comparisons, shapes. */
export const stops: Rule = () => [];
