// Conv again, with a kernel for any case: weights that are computed, three spatial axes, negative pads.

import { generalKernel } from "../convolution/general.ts";
import { defineConvolutions } from "../convolution.ts";

export default defineConvolutions(generalKernel);
