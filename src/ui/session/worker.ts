// What a worker of <conv-cam worker> runs.
import { serveSession } from "./serve.ts";

serveSession();
