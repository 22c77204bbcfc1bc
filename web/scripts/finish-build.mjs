/**
 * Makes what `next build` exported fit for a strict Content-Security-Policy and for fast delivery:
 * inline scripts become files, sources of workers are removed, and whatever compresses well gets a
 * .br and a .gz beside it.
 */
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

const OUT = path.resolve(import.meta.dirname, "..", "out");
const INLINE = "_next/static/inline";
const COMPRESSIBLE = new Set([".html", ".js", ".css", ".json", ".svg", ".txt", ".wasm", ".map"]);
const SMALLEST = 1024;

async function* files(folder) {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const place = path.join(folder, entry.name);
    if (entry.isDirectory()) yield* files(place);
    else yield place;
  }
}

/** Moves each inline script of a page to a file that is named by its content. */
async function moveInlineScripts(page) {
  const html = await readFile(page, "utf8");
  const made = [];
  const moved = html.replaceAll(
    /<script(?![^>]*\bsrc=)([^>]*)>([\s\S]*?)<\/script>/g,
    (all, attributes, code) => {
      if (/type="application\/(ld\+)?json"/.test(attributes)) return all;
      const name = `${createHash("sha256").update(code).digest("hex").slice(0, 20)}.js`;
      made.push([name, code]);
      return `<script${attributes} src="/${INLINE}/${name}"></script>`;
    },
  );
  for (const [name, code] of made) await writeFile(path.join(OUT, INLINE, name), code);
  await writeFile(page, moved);
}

async function compress(place) {
  const bytes = await readFile(place);
  if (bytes.length < SMALLEST) return;
  const brotli = await promisify(brotliCompress)(bytes, {
    params: { [constants.BROTLI_PARAM_QUALITY]: bytes.length > 1_000_000 ? 9 : 11 },
  });
  await writeFile(`${place}.br`, brotli);
  await writeFile(`${place}.gz`, await promisify(gzip)(bytes, { level: 9 }));
}

await mkdir(path.join(OUT, INLINE), { recursive: true });
for await (const place of files(OUT)) {
  if (place.endsWith(".ts")) await rm(place);
  if (place.endsWith(".html")) await moveInlineScripts(place);
}
for await (const place of files(OUT)) {
  if (COMPRESSIBLE.has(path.extname(place))) await compress(place);
}
