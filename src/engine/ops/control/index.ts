// If, Loop and Scan, whose conditions and counts are known, Compress, and sequences and optional values that only live between nodes: written as the nodes
// that they come to. A part of the program that is loaded for the graphs that name one.
import { defineOperator } from "../operator.ts";
import { expander } from "./expander.ts";

export const families = { expander };

/** They are described only behind an obstacle that is listed already: in all other cases other nodes take their place, or they are refused. */
export default Object.entries({
  ...{ If: 1, Loop: 1, Scan: 9, Compress: 9, Optional: 15, OptionalGetElement: 15, OptionalHasElement: 15 },
  ...{ SequenceConstruct: 11, SequenceEmpty: 11, SequenceInsert: 11, SequenceErase: 11, SequenceAt: 11, SequenceLength: 11 },
  ...{ SplitToSequence: 11, ConcatFromSequence: 11 },
}).map(([name, since]) => defineOperator(name, { since }, (context) => context.unsupported("nothing takes its place")));
