/** Entry point of the page in one file: it reads what the file holds in place of a server. */

import { type Recorded, recordedElement } from "./recorded/recorded.ts";
import { RecordedSource } from "./recorded/recorded-source.ts";
import { readFrom } from "./state/api.ts";

const unpacked = async (): Promise<Recorded> => {
  const packed = atob(document.getElementById(recordedElement)?.textContent ?? "");
  const bytes = Uint8Array.from(packed, (character) => character.charCodeAt(0));
  const unzipped = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(unzipped).text()) as Recorded;
};

const open = async (): Promise<void> => {
  const { read } = new RecordedSource(await unpacked());
  readFrom(read);
  await import("./main.ts");
};

void open();
