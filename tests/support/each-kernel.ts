// Loads a network with each kernel that its nodes have.
import type { Node } from "../../src/engine/graph/graph.ts";

interface Choice {
  readonly number: number;
  readonly chooseKernel: (node: Pick<Node, "operator">, names: readonly string[]) => string | undefined;
}

/**
 * An option of `loadModel` for each number of a kernel: the first of every node, then the second, and so on. Nodes that have fewer take their last.
 * How many there are, plans tell: each network is to be loaded before the next choice is asked for.
 *
 * @param beginning of the operators whose kernels are chosen
 * @param used the names of all kernels that were chosen
 */
export function* eachKernel(beginning = "", used = new Set<string>()): Generator<Choice> {
  let most = 1;
  for (let number = 0; number < most; number++)
    yield {
      number,
      chooseKernel: ({ operator }, names) => {
        if (!operator.startsWith(beginning)) return undefined;
        most = Math.max(most, names.length);
        const name = names[Math.min(number, names.length - 1)] as string;
        used.add(name);
        return name;
      },
    };
}
