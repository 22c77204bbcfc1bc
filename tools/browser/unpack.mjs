// Unpacks the browser into the folder that TMPDIR names and prints where its program is.
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

import chromium, { inflate } from "@sparticuz/chromium";

const entry = createRequire(import.meta.url).resolve("@sparticuz/chromium");
const program = await chromium.executablePath();
// The libraries that a bare system lacks; the caller decides whether they are needed.
await inflate(join(dirname(dirname(entry)), "bin", "al2023.tar.br"));
console.log(program);
