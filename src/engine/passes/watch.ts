// Watches one inference: which nodes are refused for values that are not known, and which are to be left as they are until they can go on.
import { UnsupportedError } from "../errors.ts";
import type { Node } from "../graph/graph.ts";
import type { Catalog } from "../ops/catalog.ts";
import { bodiesOf, readsOf } from "../ops/control/bodies.ts";
import { UnknownValueError } from "../ops/control/unknown-value.ts";
import type { Known } from "../ops/families.ts";

/** A node that goes on once some values are known. */
export interface Demand {
  readonly node: Node;
  readonly values: readonly string[];
  /** A Loop that is run iteration by iteration, for what it computes says what its iterations are. */
  readonly isLoop?: boolean | undefined;
}

export class Watch {
  readonly demands: Demand[] = [];
  /** The refusals that are demands. */
  readonly messages = new Set<string>();
  /** What an inference is to be made with. */
  readonly catalog: Catalog;
  readonly #left: Set<string>;
  #node: Node | undefined;
  /** Nodes with bodies, as the file has them, by name. */
  readonly #begun = new Map<string, Node>();
  /** Whether something was refused for good. */
  #hasObstacle = false;

  /** @param left names of nodes that are left until what they hang on is known; it adds to them: then another inference is to be made */
  constructor(catalog: Catalog, left: Set<string>) {
    this.#left = left;
    const { families } = catalog;
    this.catalog = {
      ...catalog,
      families: {
        ...families,
        expander: (graph) => {
          const expand = families.expander?.(graph);
          return (node, known) => {
            this.#node = node;
            if (!this.#begun.has(node.name) && bodiesOf(node).length > 0) this.#begun.set(node.name, node);
            if (left.has(node.name)) this.#refuseLeft(node, known, catalog);
            return this.#noting(node, known, () => expand?.(node, known));
          };
        },
      },
      find: (domain, name) => {
        const operator = catalog.find(domain, name);
        const node = this.#node as Node;
        return (
          operator && {
            ...operator,
            describe: (context) => {
              const constant = (index: number, what: string) => {
                try {
                  return context.constant(index, what);
                } catch (error) {
                  throw error instanceof UnsupportedError ? new UnknownValueError(error.message, [node.inputs[index] as string]) : error;
                }
              };
              return this.#noting(node, undefined, () => operator.describe({ ...context, constant }));
            },
          }
        );
      },
    };
  }

  #noting<T>(node: Node, known: Known | undefined, describe: () => T): T {
    try {
      return describe();
    } catch (error) {
      if (error instanceof UnknownValueError) this.#noteRefusal(node, known, error);
      else this.#hasObstacle = true;
      throw error;
    }
  }

  #noteRefusal(node: Node, known: Known | undefined, error: UnknownValueError): void {
    if (error.values.length === 0) this.messages.add(error.message);
    else if (!error.isWithin) this.#note(node, error.values, error);
    // Of iterations the obstacle says more. A branch with one may be the other.
    else if (this.#hasObstacle && node.operator !== "If") this.messages.add(error.message);
    // Of a list there is no tensor to begin with: then it stays an obstacle.
    else if (readsOf(this.#begun.get(node.name) ?? node).every((name) => known?.types.has(name))) this.#left.add(node.name);
  }

  /** @throws UnknownValueError for a node that is left and cannot go on yet */
  #refuseLeft(node: Node, { types, constants, opsets }: Known, catalog: Catalog): void {
    const isLoop = node.operator === "Loop";
    if (!isLoop && constants.has(node.inputs[0] as string)) return;
    const values = (isLoop ? readsOf(node) : [node.inputs[0] as string]).filter((name) => !constants.has(name));
    // Behind an obstacle that is listed already.
    if (values.some((name) => !types.has(name))) return;
    checkBodies(node, catalog, opsets);
    const error = new UnknownValueError(`${node.operator} '${node.name}': it hangs on what the network computes.`, values);
    this.#note(node, values, error, isLoop);
    throw error;
  }

  #note(node: Node, values: readonly string[], { message }: UnknownValueError, isLoop = false): void {
    this.demands.push({ node, values, isLoop });
    this.messages.add(message);
  }
}

/** What is left is typed when it runs, but that there is an operator is told at load. @throws UnsupportedError that names the node */
function checkBodies(node: Node, catalog: Catalog, opsets: Known["opsets"]): void {
  for (const inner of bodiesOf(node).flatMap(({ nodes }) => nodes)) {
    const { domain, operator, name } = inner;
    const since = catalog.find(domain, operator)?.since ?? Number.POSITIVE_INFINITY;
    if ((opsets.get(domain) ?? 1) < since) throw new UnsupportedError(`${operator} '${name}': the operator is not supported.`);
    checkBodies(inner, catalog, opsets);
  }
}
