// The operators that most networks do without, as one list: a part of the program that is loaded when a model asks for it.
import { type OperatorModules, operatorsOf } from "../operator.ts";

export const operators = operatorsOf(
  import.meta.glob(["./*.ts", "!./{index,fold-pad,resample,spatial}.ts"], { eager: true, import: "default" }) as OperatorModules,
);
