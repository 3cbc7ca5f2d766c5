// Every case of receivers/vectors.json, in whatever runtime this is started by.

import { readFileSync } from "node:fs";
import * as library from "@kayle/webhooks";
import { wrongOnes } from "./runner.mjs";

const wrong = await wrongOnes(library, JSON.parse(readFileSync(process.env.KAYLE_VECTORS, "utf8")));
if (wrong.length > 0) throw new Error(wrong.join("\n"));
