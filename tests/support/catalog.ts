// Catalogs for tests that call inference, passes or operators themselves.

import { loadCatalog } from "../../src/engine/ops/catalog.ts";
import control from "../../src/engine/ops/control/index.ts";

/** Every operator and kernel, also those that a page would not load: for tests that choose a kernel by name. */
export const everything = await loadCatalog(undefined, { isComplete: true });

const unrolled = new Set(control.map(({ name }) => name));

/** Names of ONNX's operators that nodes of a typed graph may have: others take the place of If, Loop, sequences and their like before types are known. */
export const runningNames = everything.operators.flatMap(({ domain, name }) => (domain === "" && !unrolled.has(name) ? [name] : []));
