// What an old form of a node is rewritten with: the node, and others before it.
import { UnsupportedError } from "../errors.ts";
import { AttributeReader } from "../graph/attributes.ts";
import type { AttributeValue, Node } from "../graph/graph.ts";
import { type DataType, Tensor } from "../tensor.ts";

/** What is known of the file that a node is from. */
export interface OldFile {
  /** Those of the file, and those that are written. */
  readonly initializers: Map<string, Tensor>;
  /** The elements of a value that the file holds; `undefined` for what is computed. */
  constant(name: string): Tensor | undefined;
  /** The element type of a value where the file says it, else float32. */
  typeOf(name: string): DataType;
  /** A name that no node and no value has. */
  fresh(wanted: string): string;
}

/** One node, and what is written before it or in its place. */
export class Rewriting {
  readonly #file: OldFile;
  readonly #before: Node[] = [];
  #node: Node;

  constructor(node: Node, file: OldFile) {
    this.#node = node;
    this.#file = file;
  }

  nodes(): readonly Node[] {
    return [...this.#before, this.#node];
  }

  get node(): Node {
    return this.#node;
  }

  get attributes(): AttributeReader {
    return new AttributeReader(this.#node);
  }

  input(index: number): string {
    return this.#node.inputs[index] ?? "";
  }

  constant(name: string): Tensor | undefined {
    return this.#file.constant(name);
  }

  typeOf(name: string): DataType {
    return this.#file.typeOf(name);
  }

  /** Changes attributes: those that are `undefined` go. */
  set(changes: Readonly<Record<string, AttributeValue | undefined>>): void {
    const attributes = new Map(this.#node.attributes);
    for (const [name, value] of Object.entries(changes))
      if (value === undefined) attributes.delete(name);
      else attributes.set(name, value);
    this.#node = { ...this.#node, attributes };
  }

  /** Gives the node other inputs. */
  read(...inputs: readonly string[]): void {
    this.#node = { ...this.#node, inputs };
  }

  /** Leaves the node its first outputs only. */
  keepOutputs(count: number): void {
    this.#node = { ...this.#node, outputs: this.#node.outputs.slice(0, count) };
  }

  /** A node before this one. @returns its output */
  add(operator: string, inputs: readonly string[], attributes: Readonly<Record<string, AttributeValue>> = {}): string {
    const name = this.fresh(operator);
    this.#before.push({ name, operator, domain: "", inputs, outputs: [name], attributes: new Map(Object.entries(attributes)) });
    return name;
  }

  /** Puts another operator in the place of the node, under its name and with its outputs. */
  become(operator: string, inputs: readonly string[], attributes: Readonly<Record<string, AttributeValue>> = {}): void {
    this.#node = { ...this.#node, operator, inputs, attributes: new Map(Object.entries(attributes)) };
  }

  tensor(tensor: Tensor): string {
    const name = this.fresh("constant");
    this.#file.initializers.set(name, tensor);
    return name;
  }

  integers(...values: readonly number[]): string {
    return this.tensor(Tensor.int64([values.length], values));
  }

  fresh(suffix: string): string {
    return this.#file.fresh(`${this.#node.name}/${suffix}`);
  }

  unsupported(message: string): never {
    throw new UnsupportedError(`${this.#node.operator} '${this.#node.name}': ${message}.`);
  }
}
