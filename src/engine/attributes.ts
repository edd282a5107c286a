// Typed access to a node's attributes. Reading marks as read; what nobody read is an option nobody implements.
import { ModelError } from "./errors.ts";
import type { AttributeValue, Node } from "./graph/graph.ts";
import { Tensor } from "./tensor.ts";

export class AttributeReader {
  readonly #attributes: ReadonlyMap<string, AttributeValue>;
  readonly #where: string;
  readonly #unread: Set<string>;

  constructor(node: Pick<Node, "attributes" | "name" | "operator">) {
    this.#attributes = node.attributes;
    this.#where = `${node.operator} '${node.name}'`;
    this.#unread = new Set(node.attributes.keys());
  }

  /** Names that no operator code asked for. */
  get unread(): readonly string[] {
    return [...this.#unread];
  }

  has(name: string): boolean {
    return this.#attributes.has(name);
  }

  /** Marks attributes that change nothing here as read. */
  ignore(...names: readonly string[]): void {
    for (const name of names) this.#unread.delete(name);
  }

  number(name: string, fallback?: number): number {
    return this.#read(name, fallback, "a number", (v): v is number => typeof v === "number");
  }

  /** An ONNX int used as a boolean. */
  flag(name: string, fallback: boolean): boolean {
    return this.number(name, fallback ? 1 : 0) !== 0;
  }

  string(name: string, fallback?: string): string {
    return this.#read(name, fallback, "a string", (v): v is string => typeof v === "string");
  }

  /** A list of numbers; `undefined` where the attribute is absent and has no default. */
  numbers(name: string): readonly number[] | undefined;
  numbers(name: string, fallback: readonly number[]): readonly number[];
  numbers(name: string, fallback?: readonly number[]): readonly number[] | undefined {
    if (!this.has(name)) return fallback;
    // An empty list carries no element type in ONNX.
    return this.#read(name, fallback, "a list of numbers", (v): v is readonly number[] => Array.isArray(v) && typeof v[0] !== "string");
  }

  tensor(name: string): Tensor | undefined {
    if (!this.has(name)) return undefined;
    return this.#read(name, undefined, "a tensor", (v): v is Tensor => v instanceof Tensor);
  }

  #read<T extends AttributeValue>(name: string, fallback: T | undefined, kind: string, is: (v: AttributeValue) => v is T): T {
    this.#unread.delete(name);
    const value = this.#attributes.get(name);
    if (value === undefined) {
      if (fallback !== undefined) return fallback;
      throw new ModelError(`${this.#where}: attribute '${name}' is required`);
    }
    if (!is(value)) throw new ModelError(`${this.#where}: attribute '${name}' must be ${kind}`);
    return value;
  }
}
