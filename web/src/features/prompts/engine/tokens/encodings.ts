import { BytePairEncodingCore } from "gpt-tokenizer/BytePairEncodingCore";
import { Cl100KBase } from "gpt-tokenizer/encodingParams/cl100k_base";
import { O200KBase } from "gpt-tokenizer/encodingParams/o200k_base";

import type { Encoding } from "./chat-count";

/** How many tokens a text has. */
export type TextCounter = (text: string) => number;

// Unicode's White_Space, which is what tiktoken's \s means. JavaScript's has U+FEFF, and not U+0085.
const SPACE = String.raw`\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000`;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/** Counts as the server's tiktoken does; the tokens of an encoding are loaded on their own. */
export async function loadCounter(encoding: Encoding): Promise<TextCounter> {
  const isNew = encoding === "o200k_base";
  const { default: ranks } = isNew
    ? await import("gpt-tokenizer/bpeRanks/o200k_base")
    : await import("gpt-tokenizer/bpeRanks/cl100k_base");
  const params = isNew ? O200KBase(ranks) : Cl100KBase(ranks);
  // What looks like a special token is a text like any other here: none is given.
  const core = new BytePairEncodingCore({
    bytePairRankDecoder: ranks,
    tokenSplitRegex: withUnicodeSpace(params.tokenSplitRegex),
  });
  keepByteOrderMarks(core, ranks);
  return (text) => core.countNative(text);
}

type Ranks = readonly (string | readonly number[])[];
type RankOfBytes = { getBpeRankFromBytes: (bytes: Uint8Array) => number | undefined };

/**
 * The library turns bytes into text to look them up, and drops the byte order mark in that, which is
 * a character like any other in a text. Tokens that begin with one are looked up here instead.
 */
function keepByteOrderMarks(core: BytePairEncodingCore, ranks: Ranks): void {
  const own = new Map<string, number>();
  const bytesOf = new TextEncoder();
  ranks.forEach((token, rank) => {
    const bytes =
      typeof token === "string" ? (token[0] === "\ufeff" ? [...bytesOf.encode(token)] : []) : token;
    if (startsWithMark(bytes)) own.set(bytes.join(), rank);
  });
  const opened = core as unknown as RankOfBytes;
  const usual = opened.getBpeRankFromBytes.bind(core);
  opened.getBpeRankFromBytes = (bytes) =>
    startsWithMark(bytes) ? own.get(bytes.join()) : usual(bytes);
}

function startsWithMark(bytes: ArrayLike<number>): boolean {
  return BYTE_ORDER_MARK.every((byte, index) => bytes[index] === byte);
}

function withUnicodeSpace(pattern: RegExp): RegExp {
  const source = pattern.source
    .replaceAll(String.raw`[^\s`, `[^${SPACE}`)
    .replaceAll(String.raw`\S`, `[^${SPACE}]`)
    .replaceAll(String.raw`\s`, `[${SPACE}]`);
  return new RegExp(source, pattern.flags);
}
