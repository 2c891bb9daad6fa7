/** Shows invisible characters as their code points, because a model could reorder or hide text with them. */

/** C0 and C1 controls except tab and line feed, zero-width characters, and all directional formatting. */
const unseen =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the expression searches for control characters
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;

const codeOf = (character: string): string =>
  `⟨U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}⟩`;

export const reveal = (text: string): string => text.replaceAll("\r\n", "\n").replaceAll(unseen, codeOf);
