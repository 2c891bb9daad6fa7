/**
 * The page of a run as one HTML file: it opens without a server and without a network.
 *
 * 1. It is the page itself, with the same views. Its own texts are the script and the styles; what it reads from a
 *    server is inside, compressed, so no text of a model stands in the file's HTML.
 * 2. A policy in the file allows its own script and styles by their hashes, and no request at all.
 * 3. The file stays under a limit: it holds fewer transcripts and sampled times where a run is long.
 */
import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { recordedElement } from "../page/recorded/recorded.ts";
import type { PageRun } from "../page-run.ts";
import { Access } from "../server/access.ts";
import { createApp } from "../server/app.ts";
import { Assets } from "../server/assets.ts";
import { loopback, ownPage } from "../server/listening.ts";
import { type PageTexts, pageTexts } from "./page-texts.ts";
import { type ReadResource, recordedRun, transcripts } from "./recorded-run.ts";

/** [bytes] */
const maximumSize = 5_000_000;
/** Sampled times and transcripts, tried in this order. */
const measures: readonly (readonly [samples: number, transcripts: number])[] = [
  [160, 200],
  [120, 100],
  [80, 50],
  [40, 20],
  [20, 5],
  [10, 0],
];

const zipped = promisify(gzip);

const escaped = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

const hashOf = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

const policyOf = ({ script, style }: PageTexts): string =>
  [
    "default-src 'none'",
    `script-src ${hashOf(script)}`,
    `style-src ${hashOf(style)}`,
    ...["img-src data: blob:", "font-src data:", "base-uri 'none'", "form-action 'none'"],
  ].join("; ");

const assembled = (texts: PageTexts, run: string, packed: string): string => {
  const head = [
    `<meta http-equiv="Content-Security-Policy" content="${policyOf(texts)}">`,
    `<link rel="icon" href="${texts.icon}">`,
    `<style>${texts.style}</style>`,
  ];
  const body = [
    `<script type="application/gzip" id="${recordedElement}">${packed}</script>`,
    `<script>${texts.script}</script>`,
  ];
  const title = `<title>${escaped(run)} – Agora</title>`;
  return texts.html
    .replace(/<title>[^<]*<\/title>/, () => title)
    .replace(/(?<=<meta charset="utf-8" \/>)/, () => `\n${head.join("\n")}`)
    .replace("</body>", () => `${body.join("\n")}\n</body>`);
};

/** Reads resources as a browser on this machine would. */
const reader = (page: PageRun): ReadResource => {
  const app = createApp({
    page,
    assets: Assets.of(ownPage),
    access: new Access(loopback),
    onTrouble: () => {},
  });
  return async <T>(path: string): Promise<T> => {
    const response = await app.request(`http://${loopback}/${path}`, { headers: { host: loopback } });
    if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
    return (await response.json()) as T;
  };
};

export interface PageFile {
  readonly html: string;
  /** [bytes] */
  readonly size: number;
  readonly samples: number;
  readonly transcripts: number;
  readonly questions: number;
}

const hasFormulas = (text: string): boolean => /\\\\|\$/.test(text);

/** @param page of a run in its files */
export const pageFile = async (page: PageRun, run: string): Promise<PageFile> => {
  const read = reader(page);
  let smallest: PageFile | undefined;
  for (const [samples, most] of measures) {
    const recorded = await recordedRun(read, samples);
    const found = await transcripts(read, recorded.lines, most);
    const content = JSON.stringify({ ...recorded, questions: Object.fromEntries(found) });
    const texts = pageTexts(ownPage, hasFormulas(content));
    const html = assembled(texts, run, (await zipped(content, { level: 9 })).toString("base64"));
    const size = Buffer.byteLength(html);
    smallest = { html, size, samples, transcripts: found.length, questions: recorded.lines.length };
    if (size < maximumSize) break;
  }
  if (smallest === undefined) throw new Error("there is no measure to try");
  return smallest;
};
