// For loops that store registers. Registers have no index, so each turn of a loop over `turn` selects the one it stores.
import { indices } from "./indices.ts";

/** WGSL that defines `is_1`, `is_2`, … once per turn for {@link ofTurn}: SwiftShader would compare again for every value. */
export function testTurns(turns: number): string[] {
  return indices(turns).flatMap((turn) => (turn > 0 ? [`let is_${turn} = turn == ${turn}u;`] : []));
}

/** WGSL that picks the value of this turn. */
export function ofTurn(values: readonly string[]): string {
  return values.reduce((chosen, value, turn) => `select(${chosen}, ${value}, is_${turn})`);
}
