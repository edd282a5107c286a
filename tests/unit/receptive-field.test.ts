// Receptive fields: every rule, and small graphs with branches, against brute force.
import { test } from "vitest";
import { graphCases } from "../elements/graph-cases.ts";
import { holdFields } from "../elements/hold.ts";
import { movementCases } from "../elements/movement-cases.ts";
import { numberCases } from "../elements/number-cases.ts";
import { windowCases } from "../elements/window-cases.ts";

test.each([...windowCases, ...numberCases, ...movementCases, ...graphCases])("$what", (one) => holdFields(one));
