/** WGSL that picks the value of this turn of a loop over `turn`: registers have no index. */
export function ofTurn(values: readonly string[]): string {
  return values.reduce((chosen, value, turn) => `select(${chosen}, ${value}, turn == ${turn}u)`);
}
