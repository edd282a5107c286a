// Typed access to a node's attributes. Reading marks an attribute as read; one that was not read is an option that is not implemented.
import { ModelError } from "../errors.ts";
import { Tensor } from "../tensor.ts";
import type { AttributeValue, Node } from "./graph.ts";

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

  /**
   * A whole number that is at least `least`: an axis, a count, a size.
   *
   * @throws ModelError for 1.5, for NaN, and for what is too small or beyond exact numbers
   */
  integer(name: string, fallback?: number, least = Number.MIN_SAFE_INTEGER): number {
    const value = this.number(name, fallback);
    if (this.has(name)) this.#checkInteger(name, value, least);
    return value;
  }

  /** An ONNX int used as a boolean. */
  flag(name: string, fallback: boolean): boolean {
    return this.integer(name, fallback ? 1 : 0) !== 0;
  }

  /** One of the words that ONNX allows here. */
  choice<T extends string>(name: string, words: readonly T[], fallback: NoInfer<T>): T {
    const value = this.string(name, fallback) as T;
    if (!words.includes(value)) throw new ModelError(`${this.#where}: attribute '${name}' is '${value}', not one of ${words.join(", ")}`);
    return value;
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

  /** A list of whole numbers, each at least `least`; `undefined` where the attribute is absent and has no default. */
  integers(name: string, fallback?: undefined, least?: number): readonly number[] | undefined;
  integers(name: string, fallback: readonly number[], least?: number): readonly number[];
  integers(name: string, fallback?: readonly number[], least = Number.MIN_SAFE_INTEGER): readonly number[] | undefined {
    const values = fallback ? this.numbers(name, fallback) : this.numbers(name);
    if (this.has(name)) for (const value of values ?? []) this.#checkInteger(name, value, least);
    return values;
  }

  /** A list of words that must be there. Whether numbers are among them its reader finds out. */
  strings(name: string): readonly string[] {
    return this.#read(name, undefined, "a list of strings", (v): v is readonly string[] => Array.isArray(v));
  }

  tensor(name: string): Tensor | undefined {
    if (!this.has(name)) return undefined;
    return this.#read(name, undefined, "a tensor", (v): v is Tensor => v instanceof Tensor);
  }

  #checkInteger(name: string, value: number, least: number): void {
    if (Number.isSafeInteger(value) && value >= least) return;
    const range = least === Number.MIN_SAFE_INTEGER ? "" : ` of at least ${least}`;
    throw new ModelError(`${this.#where}: attribute '${name}' must be a whole number${range}, got ${value}`);
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
