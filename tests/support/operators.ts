// Makes every operator and kernel available before a test file runs: tests call inference directly, which does not fetch what is missing.
import { loadEverything } from "../../src/engine/ops/index.ts";

await loadEverything();
