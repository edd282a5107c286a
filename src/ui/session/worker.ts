// What the worker of <conv-cam worker> runs.
import { serveSessions } from "./serve.ts";

serveSessions();
