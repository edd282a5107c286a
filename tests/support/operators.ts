// Makes every operator available before a test file runs: tests call inference directly, which does not fetch what is missing.
import { loadOperators } from "../../src/engine/ops/index.ts";

const rare = { name: "rare", operator: "Resize", domain: "", inputs: [], outputs: [], attributes: new Map() };
await loadOperators({ nodes: [rare] });
