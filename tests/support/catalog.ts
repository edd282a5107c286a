// Catalogs for tests that call inference, passes or operators themselves.
import { loadCatalog } from "../../src/engine/ops/catalog.ts";

/** Every operator and kernel, also those that a page would not load: for tests that choose a kernel by name. */
export const everything = await loadCatalog(undefined, { isComplete: true });
