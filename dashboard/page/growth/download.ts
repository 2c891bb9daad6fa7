/** Saves a text or a picture as a file. */

const save = (content: Blob, name: string): void => {
  const address = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
};

/** From a title: letters, digits and hyphens. */
export const fileName = (title: string, ending: string): string =>
  `${
    title
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, "-")
      .replaceAll(/^-|-$/g, "")
      .slice(0, 60) || "figure"
  }.${ending}`;

export const saveText = (content: string, type: string, name: string): void =>
  save(new Blob([content], { type }), name);

/** Pixels of the picture per pixel of the SVG, for print. */
const density = 2;

const loaded = async (svg: string): Promise<HTMLImageElement> => {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  return image;
};

/** The picture of an SVG as PNG, on white where the SVG has no ground of its own. */
export const savePicture = async (svg: string, name: string): Promise<void> => {
  const image = await loaded(svg);
  const canvas = document.createElement("canvas");
  canvas.width = density * image.width;
  canvas.height = density * image.height;
  const context = canvas.getContext("2d");
  if (context === null) return;
  context.fillStyle = "white";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  const picture = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/png"));
  if (picture !== null) save(picture, name);
};
