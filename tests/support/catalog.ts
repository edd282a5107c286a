// Catalogs for tests that call inference, passes or operators themselves.
import { loadCatalog } from "../../src/engine/ops/catalog.ts";

/** Every operator and kernel there is, whatever a page would load of them: for tests of one kernel or another. */
export const everything = await loadCatalog(undefined, { isComplete: true });
