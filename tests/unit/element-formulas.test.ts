// Formulas of single elements: every rule against the float64 reference, for every element.
import { test } from "vitest";
import { holdFormulas } from "../elements/hold.ts";
import { movementCases } from "../elements/movement-cases.ts";
import { numberCases, stepCases } from "../elements/number-cases.ts";
import { windowCases } from "../elements/window-cases.ts";

test.each([...windowCases, ...numberCases, ...stepCases, ...movementCases])("$what", (one) => holdFormulas(one));
