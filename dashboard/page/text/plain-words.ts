/** Words that people know, for the names that machines and messages have. */
const words: Readonly<Record<string, string>> = {
  readings: "measurements",
  leasing: "getting a slot",
  draining: "finishing calls",
  sleeping: "freeing the GPU",
  waking: "using the GPU again",
  gating: "being tested",
  void: "discarded",
};

export const plainWord = (name: string): string => words[name] ?? name;

/** Of a text such as `3 leasing, 1 training`. */
export const plainText = (text: string): string => text.replaceAll(/[a-z]+/g, plainWord);
