// The operators that nearly every network names beside convolutions and arithmetic. The package has them in one file with what reads
// models, see vite.config.ts: both are fetched while a network is.
import type { Operator } from "./operator.ts";
import pool from "./pool.ts";
import reshaping from "./reshaping.ts";

export default [...pool, ...reshaping] satisfies Operator[];
